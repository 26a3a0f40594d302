/* SPDX-License-Identifier: MIT */
/* "The manual" is the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. */
#include "ptrace/arch/x86_64/copy.h"

#include <errno.h>
#include <string.h>

static uint64_t copy_here(const struct copy *copy)
{
    return copy->start + copy->length;
}

static void put(struct copy *copy, const void *bytes, size_t n)
{
    memcpy(copy->bytes + copy->length, bytes, n);
    copy->length += (unsigned)n;
}

#define PUT(copy, ...)                                                                             \
    put(copy, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void put_32(struct copy *copy, uint32_t value)
{
    put(copy, &value, sizeof(value));
}

static void put_64(struct copy *copy, uint64_t value)
{
    put(copy, &value, sizeof(value));
}

/* The next instruction in the copy corresponds to the PC site + site_offset. */
static void put_step(struct copy *copy, uint64_t site_offset)
{
    bool known = copy->n_steps > 0 && copy->steps[copy->n_steps - 1].slot_offset == copy->length;
    if (site_offset <= UINT8_MAX && !known)
        copy->steps[copy->n_steps++] =
            (struct displaced_step){(uint8_t)copy->length, (uint8_t)site_offset};
}

/* Whether a next instruction of `length` bytes reaches `target` with a 32-bit displacement. */
static bool reaches(const struct copy *copy, uint64_t target, unsigned length, uint32_t *disp)
{
    uint64_t distance = target - (copy_here(copy) + length);
    *disp = (uint32_t)distance;
    return distance == (uint64_t)(int64_t)(int32_t)distance;
}

/* The 64-bit word that the instruction which ends at `end` refers to with its last four bytes. */
static void put_literal(struct copy *copy, unsigned end, uint64_t value)
{
    while (copy->aligned && copy_here(copy) % sizeof(value))
        PUT(copy, 0xcc);
    uint32_t disp = copy->length - end;
    memcpy(copy->bytes + end - sizeof(disp), &disp, sizeof(disp));
    put_64(copy, value);
}

/* jmp target; if that is out of reach, jmp [rip+0] followed by the target. */
static void put_jump(struct copy *copy, uint64_t target)
{
    uint32_t disp;
    if (reaches(copy, target, 5, &disp)) {
        PUT(copy, 0xe9);
        put_32(copy, disp);
    } else {
        PUT(copy, 0xff, 0x25, 0, 0, 0, 0);
        put_literal(copy, copy->length, target);
    }
}

void copy_jump_back(struct copy *copy, const struct insn *insn)
{
    put_step(copy, insn->site_offset + insn->decoded.length);
    put_jump(copy, insn_end(insn));
}

/* lea reg, [rip+disp] into the whole register: the address it computes need not be near. */
static bool is_whole_lea(const struct insn *insn)
{
    return insn->decoded.mnemonic == ZYDIS_MNEMONIC_LEA && insn->decoded.operand_width == 64;
}

/* lea reg, [rip+disp] whose address is out of reach: mov reg, imm64. */
static int put_far_lea(struct copy *copy, const struct insn *insn, uint64_t target)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    if (!is_whole_lea(insn))
        return -ERANGE;
    PUT(copy, 0x48 | decoded->raw.rex.R, 0xb8 | decoded->raw.modrm.reg);
    put_64(copy, target);
    return 0;
}

static int put_plain(struct copy *copy, const struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    uint32_t disp;
    if (!insn_is_rip_relative(insn)) {
        put(copy, insn->code, decoded->length);
        return 0;
    }
    uint64_t target = insn_rip_operand(insn);
    if (!reaches(copy, target, decoded->length, &disp))
        return put_far_lea(copy, insn, target);
    copy->needs_near |= !is_whole_lea(insn);
    uint8_t *bytes = copy->bytes + copy->length;
    put(copy, insn->code, decoded->length);
    memcpy(bytes + decoded->raw.disp.offset, &disp, sizeof(disp));
    return 0;
}

/* After a branch that was not taken. */
static void put_not_taken(struct copy *copy, const struct insn *insn)
{
    if (!copy->followed)
        copy_jump_back(copy, insn);
}

/*
 * A conditional branch branches to the target itself if it reaches it. loopcc and jrcxz have only 8
 * bits, so they branch over the jump back, or over a jump to the next copy:
 *
 *      jrcxz taken
 *      jmp   site + covered
 *  taken:
 *      jmp   target
 */
static void put_conditional(struct copy *copy, const struct insn *insn)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    uint64_t target = insn_branch_target(insn), site = insn->at - insn->site_offset;
    bool jcc = decoded->meta.category == ZYDIS_CATEGORY_COND_BR &&
               (decoded->opcode_map == ZYDIS_OPCODE_MAP_0F || (decoded->opcode & 0xf0) == 0x70);
    bool xbegin = decoded->mnemonic == ZYDIS_MNEMONIC_XBEGIN;
    uint32_t disp;

    if (jcc && reaches(copy, target, 6, &disp)) {
        PUT(copy, 0x0f, 0x80 | (decoded->opcode & 0xf));
        put_32(copy, disp);
        put_not_taken(copy, insn);
        return;
    }
    if (xbegin && reaches(copy, target, 6, &disp)) {
        PUT(copy, 0xc7, 0xf8);
        put_32(copy, disp);
        put_not_taken(copy, insn);
        return;
    }
    if (xbegin)
        PUT(copy, 0xc7, 0xf8, 0, 0, 0, 0);
    else if (jcc)
        PUT(copy, 0x70 | (decoded->opcode & 0xf), 0);
    else if (decoded->address_width == 32) /* counts in ecx */
        PUT(copy, 0x67, decoded->opcode, 0);
    else
        PUT(copy, decoded->opcode, 0);
    unsigned branch_end = copy->length;
    if (copy->followed)
        PUT(copy, 0xeb, 0);
    else
        copy_jump_back(copy, insn);
    unsigned taken = copy->length;
    copy->bytes[branch_end - (xbegin ? 4 : 1)] = (uint8_t)(taken - branch_end);
    if (target != site) /* else it would look as if the branch had not run */
        put_step(copy, target - site);
    put_jump(copy, target);
    if (copy->followed)
        copy->bytes[taken - 1] = (uint8_t)(copy->length - taken);
}

/* push qword [rip+disp32]; put_literal() fills in the disp32. One instruction that changes no flag
   and no other register: if the stack faults, nothing has changed yet. */
static unsigned put_push_literal(struct copy *copy)
{
    PUT(copy, 0xff, 0x35, 0, 0, 0, 0);
    return copy->length;
}

static void put_call(struct copy *copy, const struct insn *insn)
{
    unsigned push_end = put_push_literal(copy);
    put_jump(copy, insn_branch_target(insn));
    put_literal(copy, push_end, insn_end(insn));
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
static int put_group_5(struct copy *copy, const struct insn *insn, uint8_t operation, int8_t pushed)
{
    const ZydisDecodedInstruction *decoded = &insn->decoded;
    unsigned opcode = decoded->raw.modrm.offset - 1u;
    for (unsigned i = 0; i < opcode; i++) {
        uint8_t prefix = insn->code[i];
        bool rex = i + 1 == opcode && (prefix & 0xf0) == 0x40;
        if (rex || (is_kept_prefix(prefix, operation) &&
                    !memchr(insn->code + i + 1, prefix, opcode - (i + 1))))
            PUT(copy, prefix);
    }
    uint8_t modrm = (uint8_t)((insn->code[opcode + 1] & ~0x38) | operation << 3);
    const uint8_t *rest = insn->code + opcode + 2;
    size_t n_rest = decoded->length - (opcode + 2);
    if (insn_is_rip_relative(insn)) {
        uint32_t disp;
        if (!reaches(copy, insn_rip_operand(insn), 6, &disp))
            return -ERANGE;
        PUT(copy, 0xff, modrm);
        put_32(copy, disp);
    } else if (pushed && insn_is_rsp_based(insn)) {
        int64_t disp = decoded->raw.disp.size ? decoded->raw.disp.value : 0;
        PUT(copy, 0xff, (modrm & 0x3f) | 0x80, rest[0]);
        put_32(copy, (uint32_t)(disp + pushed));
    } else {
        PUT(copy, 0xff, modrm);
        put(copy, rest, n_rest);
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
static int put_indirect_call(struct copy *copy, const struct insn *insn)
{
    if (insn->decoded.raw.modrm.mod != 3) {
        copy->needs_near |= insn_is_rip_relative(insn);
        if (put_group_5(copy, insn, 6, 0) < 0)
            return -ERANGE;
        PUT(copy, 0x48, 0x8d, 0x64, 0x24, 0x08);
        put_step(copy, insn->site_offset);
    }
    unsigned push_end = put_push_literal(copy);
    if (put_group_5(copy, insn, 4, 8) < 0)
        return -ERANGE;
    put_literal(copy, push_end, insn_end(insn));
    return 0;
}

/* syscall stores the address after it in RCX (the manual's "SYSCALL"). That is the copy's
   address during the call, visible only to the kernel and to signal handlers; it is corrected
   afterwards. */
static void put_syscall(struct copy *copy, const struct insn *insn)
{
    put(copy, insn->code, insn->decoded.length);
    put_step(copy, insn->site_offset + insn->decoded.length);
    PUT(copy, 0x48, 0xb9);
    put_64(copy, insn_end(insn));
}

int copy_insn(struct copy *copy, const struct insn *insn, bool *last)
{
    *last = true;
    put_step(copy, insn->site_offset);
    switch (insn->shape) {
    case SHAPE_JUMP:
        put_jump(copy, insn_branch_target(insn));
        return 0;
    case SHAPE_CONDITIONAL:
        put_conditional(copy, insn);
        *last = !copy->followed;
        return 0;
    case SHAPE_CALL:
        put_call(copy, insn);
        return 0;
    case SHAPE_CALL_INDIRECT:
        return put_indirect_call(copy, insn);
    case SHAPE_SYSCALL:
        put_syscall(copy, insn);
        *last = false;
        return 0;
    default:
        *last = insn->shape == SHAPE_LAST;
        return put_plain(copy, insn);
    }
}
