/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/unwind.h"

#include <libunwind.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ptrace/arch/arch.h"
#include "ptrace/capture/checked_rules.h"
#include "ptrace/capture/search_table.h"
#include "ptrace/capture/unwind_memory.h"
#include "ptrace/capture/unwind_rules.h"
#include "ptrace/capture/unwind_step.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/maps.h"
#include "util/vec.h"

/* libunwind exports this function without declaring it. */
#define dwarf_search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
int dwarf_search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *info,
                              unw_proc_info_t *procedure, int need_unwind_info, void *arg);

enum {
    READS_MAX = 20000, /* words for one call chain */
    RULES_LOG = 12,    /* log 2 of the unwind rules that libunwind caches */
    CHECKED_MAX = 1 << 13,
};

/* An FDE or a CIE, as in memory. */
struct rules_bytes {
    uint64_t at;
    size_t n;
    struct {
        uint32_t length; /* without this member */
        uint32_t second; /* CIE ID, or the distance back to the CIE */
        uint8_t bytes[UNWIND_RULES_MAX];
    } raw;
};

struct unwinder {
    struct unwinder *next; /* of the unused ones */
    unw_addr_space_t libunwind;
    VEC(struct search_table) tables;
    struct unwind_memory memory;
    struct checked_rules checked;
    struct rules_bytes fde, cie; /* buffers for the rules being checked */
};

/* The unwinding of one call chain. */
struct unwinding {
    struct unwinder *unwinder;
    struct unwind_reader reader;
    const arch_regs *regs;
    uint64_t ip, sp;
    unsigned reads;
    bool no_table;
    uint64_t entry_at; /* address of the entry while libunwind searches the table, else 0 */
    uint32_t entry[2];
};

/* ---- memory and registers, for libunwind ---- */

static void show_entry(const struct unwinding *unwinding, uint64_t at, uint64_t *word)
{
    for (unsigned i = 0; i < sizeof(*word); i++)
        if (at + i - unwinding->entry_at < sizeof(unwinding->entry))
            ((uint8_t *)word)[i] =
                ((const uint8_t *)unwinding->entry)[at + i - unwinding->entry_at];
}

/* Rules that were accepted are read from their copies, whatever the program has written since. */
static int read_word(unw_addr_space_t libunwind, unw_word_t at, unw_word_t *value, int write,
                     void *data)
{
    struct unwinding *unwinding = data;
    (void)libunwind;
    if (write || ++unwinding->reads > READS_MAX)
        return -UNW_EINVAL;
    if (unwind_reader_word(&unwinding->reader, at, value) < 0)
        return -UNW_EINVAL;
    checked_rules_show(&unwinding->unwinder->checked, at, value);
    if (unwinding->entry_at)
        show_entry(unwinding, at, value);
    return 0;
}

static int read_register(unw_addr_space_t libunwind, unw_regnum_t number, unw_word_t *value,
                         int write, void *data)
{
    const struct unwinding *unwinding = data;
    (void)libunwind;
    if (write)
        return -UNW_EREADONLYREG;
    if (number == (unw_regnum_t)arch_dwarf_pc)
        *value = unwinding->ip;
    else if (number == UNW_REG_SP)
        *value = unwinding->sp;
    /* The first frame is that of a caller: it has used the register for the call. */
    else if (number < 0 || number == (unw_regnum_t)arch_dwarf_return_column ||
             !arch_dwarf_register(unwinding->regs, (unsigned)number, value))
        return -UNW_EBADREG;
    return 0;
}

static int read_float_register(unw_addr_space_t libunwind, unw_regnum_t number, unw_fpreg_t *value,
                               int write, void *data)
{
    (void)libunwind, (void)number, (void)value, (void)write, (void)data;
    return -UNW_EBADREG;
}

/* ---- tables ---- */

static struct search_table *find_known(struct unwinder *unwinder, target_addr at)
{
    for (size_t i = 0; i < unwinder->tables.count; i++)
        if (target_addr_within(at, unwinder->tables.items[i].start, unwinder->tables.items[i].end))
            return &unwinder->tables.items[i];
    return NULL;
}

/* The table for the code at `at`. NULL: none. */
static const struct search_table *find_table(struct unwinding *unwinding, target_addr at)
{
    struct address_space *space = unwinding->reader.tracee->process->space;
    struct search_table *table = find_known(unwinding->unwinder, at);
    if (table)
        return table;
    const struct map *map = unwind_reader_map(&unwinding->reader, at);
    const struct map *headers =
        map && map->execute ? search_table_headers(&space->maps, map) : NULL;
    table = headers ? vec_push(&unwinding->unwinder->tables) : NULL;
    if (!table)
        return NULL;
    search_table_read(table, unwinding->reader.read, space, map, headers);
    return table;
}

/* The address of the FDE for `ip`, by binary search; 0: none. The address is truncated to the size
   of an entry, and the table may be unsorted. The search is the same as libunwind's, so that both
   find the same entry. Stores the entry in `unwinding`. */
static uint64_t find_rules(struct unwinding *unwinding, const struct search_table *table,
                           uint64_t ip)
{
    const struct address_space *space = unwinding->reader.tracee->process->space;
    int32_t relative = (int32_t)(ip - table->base);
    int32_t entry[2]; /* relative to the base: the first address, the FDE */
    uint64_t low = 0, high = table->n, found = 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2, at = table->entries + middle * sizeof(entry);
        if (unwinding->reader.read(space, target_addr_of(at), entry, sizeof(entry)) < 0)
            return 0;
        if (entry[0] <= relative) {
            found = table->base + (uint64_t)(int64_t)entry[1];
            unwinding->entry_at = at;
            memcpy(unwinding->entry, entry, sizeof(entry));
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return found;
}

static bool read_rules(program_read *read, const struct address_space *space, uint64_t at,
                       struct rules_bytes *rules)
{
    const size_t head = offsetof(__typeof__(rules->raw), bytes);
    uint32_t length;
    if (at == 0 || read(space, target_addr_of(at), &rules->raw, head) < 0)
        return false;
    length = rules->raw.length;
    if (length < sizeof(uint32_t) || length - sizeof(uint32_t) > UNWIND_RULES_MAX)
        return false;
    rules->at = at;
    rules->n = length - sizeof(uint32_t);
    return rules->n > 0 && read(space, target_addr_of(at + head), rules->raw.bytes, rules->n) == 0;
}

static bool keep_rules(struct unwinder *unwinder, const struct rules_bytes *rules, bool is_fde)
{
    size_t n = offsetof(__typeof__(rules->raw), bytes) + rules->n;
    return checked_rules_add(&unwinder->checked, rules->at, &rules->raw, n, is_fde) == 0;
}

/* Accepted rules are copied: libunwind reads the copies from now on. */
static bool are_rules_fit(struct unwinding *unwinding, const struct search_table *table,
                          uint64_t ip)
{
    struct unwinder *unwinder = unwinding->unwinder;
    const struct address_space *space = unwinding->reader.tracee->process->space;
    struct rules_bytes *fde = &unwinder->fde, *cie = &unwinder->cie;
    uint64_t at = find_rules(unwinding, table, ip), common;
    const struct checked_rule *known = checked_rules_find(&unwinder->checked, at);
    if (known)
        return known->is_fde;
    if (!read_rules(unwinding->reader.read, space, at, fde) ||
        !unwind_rules_find_common(at, fde->raw.second, &common))
        return false;
    known = checked_rules_find(&unwinder->checked, common);
    if (known) {
        if (known->is_fde)
            return false;
        cie->n = known->end - known->start - offsetof(__typeof__(cie->raw), bytes);
        memcpy(&cie->raw, known->bytes, known->end - known->start);
    } else if (!read_rules(unwinding->reader.read, space, common, cie) || cie->raw.second != 0) {
        return false;
    }
    return unwind_rules_are_fit(cie->raw.bytes, cie->n, fde->raw.bytes, fde->n,
                                arch_dwarf_return_column, arch_signs_returns) &&
           (known || keep_rules(unwinder, cie, false)) && keep_rules(unwinder, fde, true);
}

static int find_procedure(unw_addr_space_t libunwind, unw_word_t ip, unw_proc_info_t *procedure,
                          int need_unwind_info, void *data)
{
    struct unwinding *unwinding = data;
    const struct search_table *table = find_table(unwinding, target_addr_of(ip));
    int r = -UNW_ENOINFO;
    unwinding->entry_at = 0;
    if (table && table->n && are_rules_fit(unwinding, table, ip)) {
        unw_dyn_info_t info = {
            .start_ip = table->start.value,
            .end_ip = table->end.value,
            .format = UNW_INFO_FORMAT_REMOTE_TABLE,
            .u.rti =
                {
                    .segbase = table->base,
                    /* This entry alone, so that no other is found. The length is in words. */
                    .table_data = unwinding->entry_at,
                    .table_len = sizeof(unwinding->entry) / (sizeof(unw_word_t)),
                },
        };
        r = dwarf_search_unwind_table(libunwind, ip, &info, procedure, need_unwind_info, data);
    }
    unwinding->entry_at = 0;
    unwinding->no_table = r < 0;
    return r;
}

static void put_procedure(unw_addr_space_t libunwind, unw_proc_info_t *procedure, void *data)
{
    (void)libunwind, (void)procedure, (void)data;
}

static int no_dynamic_tables(unw_addr_space_t libunwind, unw_word_t *at, void *data)
{
    (void)libunwind, (void)at, (void)data;
    return -UNW_ENOINFO;
}

static int no_resume(unw_addr_space_t libunwind, unw_cursor_t *cursor, void *data)
{
    (void)libunwind, (void)cursor, (void)data;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t libunwind, unw_word_t at, char *out, size_t size,
                   unw_word_t *offset, void *data)
{
    (void)libunwind, (void)at, (void)out, (void)size, (void)offset, (void)data;
    return -UNW_ENOINFO;
}

static struct unwinder *unwinder_new(void)
{
    static const unw_accessors_t accessors = {
        .find_proc_info = find_procedure,
        .put_unwind_info = put_procedure,
        .get_dyn_info_list_addr = no_dynamic_tables,
        .access_mem = read_word,
        .access_reg = read_register,
        .access_fpreg = read_float_register,
        .resume = no_resume,
        .get_proc_name = no_name,
    };
    unw_accessors_t ours = accessors;
    struct unwinder *unwinder = calloc(1, sizeof(*unwinder));
    if (!unwinder)
        return NULL;
    unwinder->libunwind = unw_create_addr_space(&ours, 0);
    if (!unwinder->libunwind) {
        free(unwinder);
        return NULL;
    }
    /* Cache the rules for each address. Without the cache, unwinding is only slower. The first call
       of unw_set_cache_size() only allocates, for 128 rules; the second sets the size. When memory
       is out there must be no further attempt: libunwind would wait for its own lock forever. */
    unw_set_caching_policy(unwinder->libunwind, UNW_CACHE_GLOBAL);
    for (int times = 0; times < 2; times++)
        if (unw_set_cache_size(unwinder->libunwind, 1 << RULES_LOG, 0) == -UNW_ENOMEM)
            unw_set_caching_policy(unwinder->libunwind, UNW_CACHE_NONE);
    return unwinder;
}

void unwinder_forget(struct unwinder *unwinder)
{
    if (!unwinder)
        return;
    unwinder->tables.count = 0;
    unwind_memory_forget(&unwinder->memory);
    checked_rules_clear(&unwinder->checked);
    unw_flush_cache(unwinder->libunwind, 0, 0);
}

/* The destructor for an address space: address_space.free_unwinder. The engine keeps the unwinder
   for the next address space, since libunwind does not free all of its memory. */
static void put_unwinder(struct address_space *space)
{
    struct unwinder *unwinder = space->unwinder;
    if (!unwinder)
        return;
    unwinder_forget(unwinder);
    unwinder->next = space->engine->unwinders;
    space->engine->unwinders = unwinder;
}

static struct unwinder *unwinder_take(struct engine *engine)
{
    struct unwinder *unwinder = engine->unwinders;
    if (!unwinder)
        return unwinder_new();
    engine->unwinders = unwinder->next;
    return unwinder;
}

void unwinders_free(struct engine *engine)
{
    struct unwinder *unwinder;
    while ((unwinder = engine->unwinders)) {
        engine->unwinders = unwinder->next;
        /* libunwind unmaps its cache only when the cache's size changes. */
        unw_set_cache_size(unwinder->libunwind, 1, 0);
        unw_destroy_addr_space(unwinder->libunwind);
        vec_free(&unwinder->tables);
        checked_rules_clear(&unwinder->checked);
        vec_free(&unwinder->checked.list);
        free(unwinder);
    }
}

static size_t unwind_stack(struct unwinding *unwinding, struct unwound *chain, size_t max)
{
    unw_cursor_t cursor;
    size_t n = 1;
    if (unw_init_remote(&cursor, unwinding->unwinder->libunwind, unwinding) < 0)
        return n;
    while (n < max && unwind_step(&cursor, &unwinding->no_table, &chain[n]))
        n++;
    return n;
}

size_t unwind_callers(program_read *read, struct tracee *tracee, const arch_regs *regs,
                      target_addr ret, uint64_t sp, uint64_t now_ns, struct unwound *chain,
                      size_t max)
{
    struct address_space *space = tracee->process->space;
    chain[0] = (struct unwound){ret, true};
    if (!space->unwinder) {
        space->unwinder = unwinder_take(space->engine);
        space->free_unwinder = put_unwinder;
    }
    if (!space->unwinder)
        return 1;
    if (space->unwinder->checked.list.count > CHECKED_MAX)
        unwinder_forget(space->unwinder);
    struct unwinding unwinding = {
        .unwinder = space->unwinder,
        .reader = {.memory = &space->unwinder->memory,
                   .read = read,
                   .tracee = tracee,
                   .now_ns = now_ns},
        .regs = regs,
        /* An address inside the call instruction: another function may follow it. */
        .ip = ret.value - 1,
        .sp = sp,
    };
    unwind_memory_next_chain(&space->unwinder->memory);
    return unwind_stack(&unwinding, chain, max);
}
