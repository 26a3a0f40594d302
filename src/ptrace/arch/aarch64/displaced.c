/* SPDX-License-Identifier: MIT */
/*
 * Displaced instructions of A64. "Arm ARM" is the Arm Architecture Reference Manual for A-profile
 * architecture (DDI 0487).
 *
 * All jumps out of a slot are direct: no register is free for the address of an indirect one, and
 * that would have to go to a landing pad. PSTATE.BTYPE, which BR and BLR set and the next
 * instruction is checked against, is 0 after a direct branch, as it is after the original (Arm ARM,
 * "PSTATE BTYPE").
 *
 * Known differences of a copy:
 *  - A slot is in a page that is not guarded. BR there sets BTYPE to 0b01, which all of BTI c, BTI
 *    j, BTI jc and PACIASP accept (Arm ARM, C6.2, "BTI"), where the original in a guarded page sets
 * 0b11, which not all of them accept. A BLR is copied as BR: 0b01 instead of 0b10. A branch that
 * would have raised a Branch Target exception may go through; none that is right is refused.
 *  - If an LDR (literal) into a general-purpose register faults, that register holds the address of
 *    the literal. The copy's load is checked against the tag of the memory (FEAT_MTE), which one
 *    relative to the PC is not; the kernel gives no tags to the memory of files.
 *  - A thread that uses the Guarded Control Stack (PR_SHADOW_STACK_ENABLE) must not run a copied
 *    call: nothing is pushed on that stack, and the return would fault.
 *  - While a system call is being made, its PC is in the slot. A handler of a signal that
 * interrupts it sees that PC: see ptrace/control/signal_delivery.c.
 */
#include <errno.h>
#include <string.h>

#include "ptrace/arch/aarch64/insn.h"
#include "ptrace/arch/displaced.h"
#include "util/addr.h"

enum {
    BRANCH_BITS = 28,  /* of B's distance: -128 MiB to 128 MiB - 4 */
    LITERAL_BITS = 21, /* of LDR (literal)'s: -1 MiB to 1 MiB - 4 */
    LAST_BRANCH = 8,   /* the last branch of a copy is at this offset at most */
};

const uint64_t displaced_reach = (UINT64_C(1) << (BRANCH_BITS - 1)) - LAST_BRANCH;

/* Encodings (Arm ARM, C6.2); registers and distances are added. */
enum {
    B = 0x14000000,
    BR = 0xd61f0000,
    LDR_LITERAL = 0x58000000,     /* 64 bits */
    LDR_W_IMMEDIATE = 0xb9400000, /* unsigned offset */
    LDR_IMMEDIATE = 0xf9400000,
    LDRSW_IMMEDIATE = 0xb9800000,
};

/* The slot, and how much of it is written. */
struct slot {
    struct displaced *d;
    uint64_t start;
};

static uint64_t slot_here(const struct slot *slot)
{
    return slot->start + slot->d->slot_length;
}

/* Little-endian, as instructions are, and as the data of a Linux process are here. */
static void put(struct slot *slot, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        slot->d->bytes[slot->d->slot_length++] = (uint8_t)(value >> 8 * i);
}

static void put_insn(struct slot *slot, uint32_t word)
{
    put(slot, word, INSN_LENGTH);
}

/* The next instruction in the slot corresponds to the PC site + site_offset. */
static void put_step(struct slot *slot, uint64_t site_offset)
{
    struct displaced *d = slot->d;
    if (site_offset <= UINT8_MAX)
        d->steps[d->n_steps++] = (struct displaced_step){d->slot_length, (uint8_t)site_offset};
}

/* Whether `target` can be named by the next instruction in the slot with a signed distance of
   `bits` bits. */
static bool reaches(const struct slot *slot, uint64_t target, unsigned bits, uint32_t *distance)
{
    uint64_t wanted = target - slot_here(slot), half = UINT64_C(1) << (bits - 1);
    *distance = (uint32_t)(wanted & (2 * half - 1));
    return wanted + half < 2 * half && wanted % INSN_LENGTH == 0;
}

static int put_jump(struct slot *slot, uint64_t target)
{
    uint32_t distance;
    slot->d->needs_near = true;
    if (!reaches(slot, target, BRANCH_BITS, &distance))
        return -ERANGE;
    put_insn(slot, B | distance / 4);
    return 0;
}

static int put_jump_back(struct slot *slot, const struct insn *insn)
{
    put_step(slot, INSN_LENGTH);
    return put_jump(slot, insn->at + INSN_LENGTH);
}

/* ldr <rt>, [PC + distance] */
static void put_load(struct slot *slot, unsigned rt, unsigned distance)
{
    put_insn(slot, LDR_LITERAL | distance / 4 << 5 | rt);
}

/* ADR, ADRP: the address is a constant. One instruction, so that there is no state in between.
 *
 *      ldr xd, value
 *      b   site + 4
 *  value:
 */
static int put_address(struct slot *slot, const struct insn *insn)
{
    put_load(slot, insn_rd(insn), 8);
    int r = put_jump_back(slot, insn);
    put(slot, insn_named_address(insn), 8);
    return r;
}

/*
 *      ldr xt, address
 *      ldr xt, [xt]        (or ldr wt, ldrsw xt)
 *      b   site + 4
 *      (padding)
 *  address:
 *
 * If the second one faults, the first can run again, since the original does not read xt.
 */
static int put_literal(struct slot *slot, const struct insn *insn)
{
    static const uint32_t loads[] = {LDR_W_IMMEDIATE, LDR_IMMEDIATE, LDRSW_IMMEDIATE};
    unsigned rt = insn_rd(insn), opc = insn->word >> 30;
    put_load(slot, rt, 16);
    put_step(slot, 0);
    put_insn(slot, loads[opc] | rt << 5 | rt);
    int r = put_jump_back(slot, insn);
    put_insn(slot, 0);
    put(slot, insn_named_address(insn), 8);
    return r;
}

/*
 * The same load with another distance. For a longer one a general-purpose register would have to be
 * saved, below the stack pointer. That would write where the program does not (a thread's stack may
 * end there), and a fault of the load would find the register changed.
 */
static int put_literal_near(struct slot *slot, const struct insn *insn)
{
    uint32_t distance, field = UINT32_C(0x7ffff) << 5;
    if (!reaches(slot, insn_named_address(insn), LITERAL_BITS, &distance))
        return -ERANGE;
    put_insn(slot, (insn->word & ~field) | distance / 4 << 5);
    return put_jump_back(slot, insn);
}

/* The branch of which all but the jump has run. */
static int put_branch(struct slot *slot, const struct insn *insn)
{
    uint64_t target = insn_named_address(insn);
    if (target != insn->at) /* else it would look as if it had not run */
        put_step(slot, target - insn->at);
    return put_jump(slot, target);
}

/*
 *      b.cond taken        (or cbz, tbz, ...)
 *      b      site + 4
 *  taken:
 *      b      target
 */
static int put_conditional(struct slot *slot, const struct insn *insn)
{
    put_insn(slot, insn_with_distance(insn, 8));
    int r = put_jump_back(slot, insn);
    return r < 0 ? r : put_branch(slot, insn);
}

/*
 *      ldr x30, return_address
 *      b   target          (or br xn)
 *  return_address:
 */
static int put_call(struct slot *slot, const struct insn *insn)
{
    int r = 0;
    put_load(slot, INSN_X30, 8);
    if (insn->shape == SHAPE_CALL)
        r = put_branch(slot, insn);
    else
        put_insn(slot, BR | insn_rn(insn) << 5);
    put(slot, insn->at + INSN_LENGTH, 8);
    return r;
}

static int put_copy(struct slot *slot, const struct insn *insn)
{
    put_step(slot, 0);
    switch (insn->shape) {
    case SHAPE_ADDRESS:
        return put_address(slot, insn);
    case SHAPE_LITERAL:
        return put_literal(slot, insn);
    case SHAPE_LITERAL_NEAR:
        return put_literal_near(slot, insn);
    case SHAPE_JUMP:
        return put_jump(slot, insn_named_address(insn));
    case SHAPE_CONDITIONAL:
        return put_conditional(slot, insn);
    case SHAPE_CALL:
    case SHAPE_CALL_INDIRECT:
        return put_call(slot, insn);
    case SHAPE_LAST:
        put_insn(slot, insn->word);
        return 0;
    default:
        put_insn(slot, insn->word);
        return put_jump_back(slot, insn);
    }
}

static void cannot_displace(struct displaced *d, enum displaced_kind kind, const char *reason)
{
    uint8_t length = kind == DISPLACED_REFUSE ? 0 : INSN_LENGTH;
    *d = (struct displaced){.kind = kind, .length = length, .covered = length, .reason = reason};
}

int displaced_build(struct displaced *d, target_addr site, const uint8_t *code, size_t n,
                    target_addr slot_start)
{
    struct slot slot = {.d = d, .start = slot_start.value};
    struct insn insn;
    insn_decode(&insn, site, code, n);
    *d = (struct displaced){.length = INSN_LENGTH, .covered = INSN_LENGTH};
    switch (insn.shape) {
    case SHAPE_REFUSE:
        cannot_displace(d, DISPLACED_REFUSE, insn.reason);
        return 0;
    case SHAPE_STEP:
        cannot_displace(d, DISPLACED_STEP, insn.reason);
        return 0;
    case SHAPE_NOTHING:
        d->kind = DISPLACED_SKIP;
        return 0;
    case SHAPE_CALL_INDIRECT:
        if (insn_rn(&insn) == INSN_X30) {
            cannot_displace(d, DISPLACED_STEP, "a call through the register that it writes");
            return 0;
        }
        break;
    default:
        break;
    }
    d->kind = DISPLACED_SLOT;
    d->system_call = insn.shape == SHAPE_SYSCALL;
    int r = put_copy(&slot, &insn);
    if (r < 0) {
        cannot_displace(d, DISPLACED_STEP, "what it refers to is out of the slot's reach");
        d->needs_near = true;
    }
    return r;
}
