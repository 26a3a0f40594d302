/* SPDX-License-Identifier: MIT */
/*
 * Displaced instructions of x86-64 in 64-bit mode. "The manual" is the Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2.
 *
 * Known differences of a copy:
 *  - After an x87 instruction, the "last instruction" pointer of the x87 unit holds the slot's
 *    address.
 *  - A thread that uses the user shadow stack (arch_prctl ARCH_SHSTK_ENABLE) must not run a copied
 *    call: the shadow stack does not see its push, and the return would fault.
 *  - A call through a register with a non-canonical address faults after the push instead of before
 *    it.
 */
#include <errno.h>
#include <string.h>

#include "ptrace/arch/displaced.h"
#include "ptrace/arch/x86_64/insn.h"
#include "util/addr.h"

/* Of a signed 32-bit displacement. */
const uint64_t displaced_reach = UINT64_C(1) << 31;

/* The slot, and how much of it is written. */
struct slot {
    struct displaced *d;
    uint64_t start;
};

static uint64_t slot_here(const struct slot *slot)
{
    return slot->start + slot->d->slot_length;
}

static void put(struct slot *slot, const void *bytes, size_t n)
{
    memcpy(slot->d->bytes + slot->d->slot_length, bytes, n);
    slot->d->slot_length += (uint8_t)n;
}

#define PUT(slot, ...)                                                                             \
    put(slot, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void put_32(struct slot *slot, uint32_t value)
{
    put(slot, &value, sizeof(value));
}

static void put_64(struct slot *slot, uint64_t value)
{
    put(slot, &value, sizeof(value));
}

/* The next instruction in the slot corresponds to the PC site + site_offset. */
static void put_step(struct slot *slot, uint64_t site_offset)
{
    struct displaced *d = slot->d;
    if (site_offset <= UINT8_MAX)
        d->steps[d->n_steps++] = (struct displaced_step){d->slot_length, (uint8_t)site_offset};
}

/* Whether a next instruction of `length` bytes reaches `target` with a 32-bit displacement. */
static bool reaches(const struct slot *slot, uint64_t target, unsigned length, uint32_t *disp)
{
    uint64_t distance = target - (slot_here(slot) + length);
    *disp = (uint32_t)distance;
    return distance == (uint64_t)(int64_t)(int32_t)distance;
}

/* jmp target; if that is out of reach, jmp [rip+0] followed by the target. */
static void put_jump(struct slot *slot, uint64_t target)
{
    uint32_t disp;
    if (reaches(slot, target, 5, &disp)) {
        PUT(slot, 0xe9);
        put_32(slot, disp);
    } else {
        PUT(slot, 0xff, 0x25, 0, 0, 0, 0);
        put_64(slot, target);
    }
}

static void put_jump_back(struct slot *slot, const struct insn *insn)
{
    put_step(slot, insn->site_offset + insn->decoded.length);
    put_jump(slot, insn_end(insn));
}

/* lea reg, [rip+disp] into the whole register: the address it computes need not be near. */
static bool is_whole_lea(const struct insn *insn)
{
    return insn->decoded.mnemonic == ZYDIS_MNEMONIC_LEA && insn->decoded.operand_width == 64;
}

/* lea reg, [rip+disp] whose address is out of reach: mov reg, imm64. */
static int put_far_lea(struct slot *slot, const struct insn *insn, uint64_t target)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    if (!is_whole_lea(insn))
        return -ERANGE;
    PUT(slot, 0x48 | decoded->raw.rex.R, 0xb8 | decoded->raw.modrm.reg);
    put_64(slot, target);
    return 0;
}

static int put_plain(struct slot *slot, const struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    uint32_t disp;
    if (!insn_is_rip_relative(insn)) {
        put(slot, insn->code, decoded->length);
        return 0;
    }
    uint64_t target = insn_rip_operand(insn);
    if (!reaches(slot, target, decoded->length, &disp))
        return put_far_lea(slot, insn, target);
    slot->d->needs_near |= !is_whole_lea(insn);
    uint8_t *copy = slot->d->bytes + slot->d->slot_length;
    put(slot, insn->code, decoded->length);
    memcpy(copy + decoded->raw.disp.offset, &disp, sizeof(disp));
    return 0;
}

/*
 * A conditional branch branches to the target itself if it reaches it. loopcc and jrcxz have only 8
 * bits, so they branch over the jump back:
 *
 *      jrcxz taken
 *      jmp   site + covered
 *  taken:
 *      jmp   target
 */
static void put_conditional(struct slot *slot, const struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    uint64_t target = insn_branch_target(insn), site = insn->at - insn->site_offset;
    bool jcc = decoded->meta.category == ZYDIS_CATEGORY_COND_BR &&
               (decoded->opcode_map == ZYDIS_OPCODE_MAP_0F || (decoded->opcode & 0xf0) == 0x70);
    bool xbegin = decoded->mnemonic == ZYDIS_MNEMONIC_XBEGIN;
    uint32_t disp;

    if (jcc && reaches(slot, target, 6, &disp)) {
        PUT(slot, 0x0f, 0x80 | (decoded->opcode & 0xf));
        put_32(slot, disp);
        put_jump_back(slot, insn);
        return;
    }
    if (xbegin && reaches(slot, target, 6, &disp)) {
        PUT(slot, 0xc7, 0xf8);
        put_32(slot, disp);
        put_jump_back(slot, insn);
        return;
    }
    if (xbegin)
        PUT(slot, 0xc7, 0xf8, 0, 0, 0, 0);
    else if (jcc)
        PUT(slot, 0x70 | (decoded->opcode & 0xf), 0);
    else if (decoded->address_width == 32) /* counts in ecx */
        PUT(slot, 0x67, decoded->opcode, 0);
    else
        PUT(slot, decoded->opcode, 0);
    unsigned branch_end = slot->d->slot_length;
    put_jump_back(slot, insn);
    slot->d->bytes[branch_end - (xbegin ? 4 : 1)] = (uint8_t)(slot->d->slot_length - branch_end);
    if (target != site) /* else it would look as if the branch had not run */
        put_step(slot, target - site);
    put_jump(slot, target);
}

/* push qword [rip+disp32]; put_literal() fills in the disp32. One instruction that changes no flag
   and no other register: if the stack faults, nothing has changed yet. */
static unsigned put_push_literal(struct slot *slot)
{
    PUT(slot, 0xff, 0x35, 0, 0, 0, 0);
    return slot->d->slot_length;
}

static void put_literal(struct slot *slot, unsigned push_end, uint64_t value)
{
    uint32_t disp = slot->d->slot_length - push_end;
    memcpy(slot->d->bytes + push_end - sizeof(disp), &disp, sizeof(disp));
    put_64(slot, value);
}

static void put_call(struct slot *slot, const struct insn *insn)
{
    unsigned push_end = put_push_literal(slot);
    put_jump(slot, insn_branch_target(insn));
    put_literal(slot, push_end, insn_end(insn));
}

/* FS, GS and the address size apply to both; notrack and bnd apply to branches. */
static bool is_kept_prefix(uint8_t prefix, uint8_t operation)
{
    bool of_operand = prefix == 0x64 || prefix == 0x65 || prefix == 0x67;
    return of_operand || (operation == 4 && (prefix == 0x3e || prefix == 0xf2));
}

/*
 * Writes an indirect call's operand with another operation of the same group (the manual's table
 * A-6, group 5): /4 is jmp, /6 is push. `pushed`: bytes pushed since the original would have read
 * RSP. Each prefix that matters is written once: with a longer displacement, a call padded with
 * prefixes could exceed the 15 bytes of an instruction.
 */
static int put_group_5(struct slot *slot, const struct insn *insn, uint8_t operation, int8_t pushed)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    unsigned opcode = decoded->raw.modrm.offset - 1u;
    for (unsigned i = 0; i < opcode; i++) {
        uint8_t prefix = insn->code[i];
        bool rex = i + 1 == opcode && (prefix & 0xf0) == 0x40;
        if (rex || (is_kept_prefix(prefix, operation) &&
                    !memchr(insn->code + i + 1, prefix, opcode - (i + 1))))
            PUT(slot, prefix);
    }
    uint8_t modrm = (uint8_t)((insn->code[opcode + 1] & ~0x38) | operation << 3);
    const uint8_t *rest = insn->code + opcode + 2;
    size_t n_rest = decoded->length - (opcode + 2);
    if (insn_is_rip_relative(insn)) {
        uint32_t disp;
        if (!reaches(slot, insn_rip_operand(insn), 6, &disp))
            return -ERANGE;
        PUT(slot, 0xff, modrm);
        put_32(slot, disp);
    } else if (pushed && insn_is_rsp_based(insn)) {
        int64_t disp = decoded->raw.disp.size ? decoded->raw.disp.value : 0;
        PUT(slot, 0xff, (modrm & 0x3f) | 0x80, rest[0]);
        put_32(slot, (uint32_t)(disp + pushed));
    } else {
        PUT(slot, 0xff, modrm);
        put(slot, rest, n_rest);
    }
    return 0;
}

/*
 * call reg:  push [literal]; jmp reg
 * call [mem]: a fault of the operand must find the original RSP, so the operand is read first, into
 * the stack word that the call itself will write:
 *
 *      push [mem]; lea rsp, [rsp+8]; push [literal]; jmp [mem]
 */
static int put_indirect_call(struct slot *slot, const struct insn *insn)
{
    if (insn->decoded.raw.modrm.mod != 3) {
        slot->d->needs_near |= insn_is_rip_relative(insn);
        if (put_group_5(slot, insn, 6, 0) < 0)
            return -ERANGE;
        PUT(slot, 0x48, 0x8d, 0x64, 0x24, 0x08);
        put_step(slot, insn->site_offset);
    }
    unsigned push_end = put_push_literal(slot);
    if (put_group_5(slot, insn, 4, 8) < 0)
        return -ERANGE;
    put_literal(slot, push_end, insn_end(insn));
    return 0;
}

/* syscall stores the address after it in RCX (the manual's "SYSCALL"). That is the slot's
   address during the call, visible only to the kernel and to signal handlers; it is corrected
   afterwards. */
static void put_syscall(struct slot *slot, const struct insn *insn)
{
    put(slot, insn->code, insn->decoded.length);
    put_step(slot, insn->site_offset + insn->decoded.length);
    PUT(slot, 0x48, 0xb9);
    put_64(slot, insn_end(insn));
}

/* Writes the copy of one instruction, without a jump back. *last: it needs none. */
static int put_insn(struct slot *slot, const struct insn *insn, bool *last)
{
    *last = true;
    put_step(slot, insn->site_offset);
    switch (insn->shape) {
    case SHAPE_JUMP:
        put_jump(slot, insn_branch_target(insn));
        return 0;
    case SHAPE_CONDITIONAL:
        put_conditional(slot, insn);
        return 0;
    case SHAPE_CALL:
        put_call(slot, insn);
        return 0;
    case SHAPE_CALL_INDIRECT:
        return put_indirect_call(slot, insn);
    case SHAPE_SYSCALL:
        put_syscall(slot, insn);
        *last = false;
        return 0;
    default:
        *last = insn->shape == SHAPE_LAST;
        return put_plain(slot, insn);
    }
}

/* The one-byte instruction at `first` continues with the next one: copies further instructions
   until two bytes are covered, and jumps back. */
static void extend_and_finish(struct slot *slot, target_addr site, const uint8_t *code, size_t n,
                              const struct insn *first)
{
    struct displaced *d = slot->d;
    struct insn insn = *first;
    while (d->covered < 2) {
        struct displaced before = *d;
        struct insn next;
        bool last;
        insn_decode(&next, site, code, n, d->covered);
        if (next.shape == SHAPE_STEP || next.shape == SHAPE_REFUSE)
            break;
        if (put_insn(slot, &next, &last) < 0) {
            *d = before;
            break;
        }
        d->covered += next.decoded.length;
        insn = next;
        if (last)
            return;
    }
    d->ambiguous = d->covered < 2;
    put_jump_back(slot, &insn);
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
                    target_addr slot_start)
{
    struct slot slot = {.d = d, .start = slot_start.value};
    struct insn first;
    bool last;

    memset(d, 0, sizeof(*d));
    if (n > DISPLACED_CODE_MAX)
        n = DISPLACED_CODE_MAX;
    insn_decode(&first, site, code, n, 0);
    if (first.shape == SHAPE_REFUSE || first.shape == SHAPE_STEP) {
        d->kind = first.shape == SHAPE_REFUSE ? DISPLACED_REFUSE : DISPLACED_STEP;
        d->length = d->covered = first.shape == SHAPE_REFUSE ? 0 : first.decoded.length;
        d->reason = first.reason;
        return 0;
    }
    if (does_nothing(site, code, n, &first, &d->length)) {
        d->kind = DISPLACED_SKIP;
        d->covered = d->length;
        return 0;
    }
    d->kind = DISPLACED_SLOT;
    d->length = d->covered = first.decoded.length;
    d->system_call = first.shape == SHAPE_SYSCALL;
    int r = put_insn(&slot, &first, &last);
    if (r < 0) {
        uint8_t length = d->length;
        *d = (struct displaced){.kind = DISPLACED_STEP,
                                .length = length,
                                .covered = length,
                                .needs_near = true,
                                .reason = "what it refers to is out of the slot's reach"};
        return r;
    }
    if (!last)
        extend_and_finish(&slot, site, code, n, &first);
    return 0;
}
