/* SPDX-License-Identifier: MIT */
/*
 * Displaced instructions of x86-64 in 64-bit mode.
 *
 * Known differences of a copy:
 *  - After an x87 instruction, the "last instruction" pointer of the x87 unit holds the slot's
 *    address.
 *  - A thread that uses the user shadow stack (arch_prctl ARCH_SHSTK_ENABLE) must not run a copied
 *    call: the shadow stack does not see its push, and the return would fault.
 *  - A call through a register with a non-canonical address faults after the push instead of before
 *    it.
 */
#include "ptrace/arch/displaced.h"

#include <errno.h>
#include <string.h>

#include "ptrace/arch/x86_64/copy.h"
#include "ptrace/arch/x86_64/insn.h"
#include "util/addr.h"

/* Of a signed 32-bit displacement. */
const uint64_t displaced_reach = UINT64_C(1) << 31;

_Static_assert(DISPLACED_STEPS_MAX >= 2 * COPY_STEPS_MAX, "a one-byte instruction and another one");

/* The one-byte instruction at `first` continues with the next one: copies further instructions
   until two bytes are covered. *insn: the last one. Returns whether it needs a jump back. */
static bool copy_more(struct displaced *d, struct copy *copy, target_addr site, const uint8_t *code,
                      size_t n, struct insn *insn)
{
    while (d->covered < 2) {
        struct copy before = *copy;
        struct insn next;
        bool last;
        insn_decode(&next, site, code, n, d->covered);
        if (next.shape == SHAPE_STEP || next.shape == SHAPE_REFUSE)
            break;
        if (copy_insn(copy, &next, &last) < 0) {
            *copy = before;
            break;
        }
        d->covered += next.decoded.length;
        *insn = next;
        if (last)
            return false;
    }
    d->ambiguous = d->covered < 2;
    return true;
}

/* Whether at least two bytes at the site have no effect; *length: how many bytes. */
static bool does_nothing(target_addr site, const uint8_t *code, size_t n, const struct insn *first,
                         uint8_t *length)
{
    struct insn insn = *first;
    *length = 0;
    while (insn.shape == SHAPE_NOTHING) {
        *length += insn.decoded.length;
        if (*length >= 2)
            return true;
        insn_decode(&insn, site, code, n, *length);
    }
    return false;
}

int displaced_build(struct displaced *d, target_addr site, const uint8_t *code, size_t n,
                    target_addr slot)
{
    struct copy copy = {.bytes = d->bytes, .steps = d->steps, .start = slot.value};
    struct insn insn;
    bool last;

    memset(d, 0, sizeof(*d));
    if (n > DISPLACED_CODE_MAX)
        n = DISPLACED_CODE_MAX;
    insn_decode(&insn, site, code, n, 0);
    if (insn.shape == SHAPE_REFUSE || insn.shape == SHAPE_STEP) {
        d->kind = insn.shape == SHAPE_REFUSE ? DISPLACED_REFUSE : DISPLACED_STEP;
        d->length = d->covered = insn.shape == SHAPE_REFUSE ? 0 : insn.decoded.length;
        d->reason = insn.reason;
        return 0;
    }
    if (does_nothing(site, code, n, &insn, &d->length)) {
        d->kind = DISPLACED_SKIP;
        d->covered = d->length;
        return 0;
    }
    d->kind = DISPLACED_SLOT;
    d->length = d->covered = insn.decoded.length;
    d->system_call = insn.shape == SHAPE_SYSCALL;
    int r = copy_insn(&copy, &insn, &last);
    if (r < 0) {
        uint8_t length = d->length;
        *d = (struct displaced){.kind = DISPLACED_STEP,
                                .length = length,
                                .covered = length,
                                .needs_near = true,
                                .reason = "what it refers to is out of the slot's reach"};
        return r;
    }
    if (!last && copy_more(d, &copy, site, code, n, &insn))
        copy_jump_back(&copy, &insn);
    d->slot_length = (uint8_t)copy.length;
    d->n_steps = copy.n_steps;
    d->needs_near = copy.needs_near;
    return 0;
}
