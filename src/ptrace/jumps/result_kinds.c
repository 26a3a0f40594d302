/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/result_kinds.h"

#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/jumps/jump_values.h"
#include "ptrace/jumps/ring_memory.h"
#include "util/addr.h"

enum { MARK_SHIFT = 56 };

unsigned result_kind_of(struct result_kinds *kinds, const struct probe *probe, size_t limit,
                        bool *floats, const char **reason)
{
    struct stub_layout layout = {.is_return = true};
    if (!jump_layout_of_return(probe, limit, &layout, floats, reason))
        return RESULT_KINDS_MAX;
    if (layout.n_memory == 0)
        return 0;
    for (unsigned i = 1; i < kinds->n; i++)
        if (stub_layout_same_memory(&kinds->all[i], &layout))
            return i;
    *reason = "there are too many kinds of results";
    if (kinds->n == RESULT_KINDS_MAX)
        return RESULT_KINDS_MAX;
    kinds->n += kinds->n == 0; /* the first is that without memory */
    *reason = NULL;
    kinds->all[kinds->n] = layout;
    return kinds->n++;
}

/* The words that hold addresses are not moved by others before: they are of the head, or the first
   two; those of copies are. */
bool result_kind_add(const struct result_kinds *kinds, unsigned kind, struct stub_layout *layout)
{
    const struct stub_layout *from = &kinds->all[kind];
    size_t before = stub_record_size(&(struct stub_layout){.is_return = true});
    size_t moved = stub_record_size(layout) - before;
    for (unsigned i = 0; kind > 0 && i < from->n_memory; i++) {
        struct stub_memory memory = from->memory[i];
        memory.address += memory.address >= before ? (uint16_t)moved : 0;
        memory.length += memory.length >= before ? (uint16_t)moved : 0;
        if (stub_layout_add(layout, &memory) < 0)
            return false;
    }
    return stub_record_size(layout) <= RING_RECORD_MAX;
}

bool result_kind_note(struct site *site, unsigned kind, const char **reason)
{
    uint8_t results = (uint8_t)(kind + 1);
    *reason = "functions with results of different kinds return there";
    if (site->jump.results && site->jump.results != results)
        return false;
    site->jump.results = results;
    return true;
}

uint64_t result_kind_mark(unsigned kind)
{
    return (uint64_t)kind << MARK_SHIFT;
}

target_addr result_kind_key(target_addr address, unsigned kind)
{
    return target_addr_of(address.value | result_kind_mark(kind));
}
