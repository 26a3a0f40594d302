/* SPDX-License-Identifier: MIT */
/* Checks a displaced copy by decoding it: it must do what the original does at its own address.
   Shares only the decoder with the code that makes the copies. For the tests and the fuzzer. */
#ifndef DISPLACED_VERIFY_X86_64_H
#define DISPLACED_VERIFY_X86_64_H

#include <Zydis/Zydis.h>
#include <string.h>

#include "ptrace/arch/displaced.h"

/* A decoded instruction and its address. */
struct decoded {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    uint64_t at;
    const uint8_t *bytes;
};

struct verify {
    const struct displaced *d;
    uint64_t site, slot;
    const uint8_t *code;
    size_t n;
    unsigned used; /* bytes of the slot that are accounted for */
};

static inline bool decode(struct decoded *out, const uint8_t *bytes, size_t n, uint64_t at)
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    out->at = at;
    out->bytes = bytes;
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, n, &out->insn, out->operands));
}

static inline bool decode_in_slot(const struct verify *v, struct decoded *out, unsigned offset)
{
    return offset < v->d->slot_length &&
           decode(out, v->d->bytes + offset, v->d->slot_length - offset, v->slot + offset);
}

/* The address in a relative branch or a RIP-relative memory operand. */
static inline uint64_t named_address(const struct decoded *x, const ZydisDecodedOperand *operand)
{
    uint64_t end = x->at + x->insn.length;
    return operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? end + (uint64_t)operand->imm.value.s
                                                         : end + (uint64_t)operand->mem.disp.value;
}

/* Whether a memory operand is a literal in the slot. */
static inline bool slot_literal(const struct verify *v, const struct decoded *x,
                                const ZydisDecodedOperand *operand, uint64_t *value)
{
    if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->mem.base != ZYDIS_REGISTER_RIP)
        return false;
    uint64_t offset = named_address(x, operand) - v->slot;
    if (offset > v->d->slot_length || v->d->slot_length - offset < sizeof(*value))
        return false;
    memcpy(value, v->d->bytes + offset, sizeof(*value));
    return true;
}

/* The fixed target of the unconditional jump at an offset of the slot, if it has one. */
static inline bool follow(const struct verify *v, unsigned offset, uint64_t *target)
{
    struct decoded x;
    if (!decode_in_slot(v, &x, offset) || x.insn.mnemonic != ZYDIS_MNEMONIC_JMP)
        return false;
    if (x.insn.raw.imm[0].is_relative) {
        *target = named_address(&x, &x.operands[0]);
        return true;
    }
    return slot_literal(v, &x, &x.operands[0], target);
}

static inline bool same_memory(const struct decoded *a, const ZydisDecodedOperand *p,
                               const struct decoded *b, const ZydisDecodedOperand *q, int64_t moved)
{
    if (p->mem.segment != q->mem.segment || p->mem.base != q->mem.base ||
        p->mem.index != q->mem.index || p->mem.scale != q->mem.scale || p->size != q->size)
        return false;
    if (p->mem.base == ZYDIS_REGISTER_RIP)
        return named_address(a, p) == named_address(b, q);
    if (p->mem.base != ZYDIS_REGISTER_RSP && p->mem.base != ZYDIS_REGISTER_ESP)
        moved = 0;
    return p->mem.disp.value + moved == q->mem.disp.value;
}

/* Whether two operands are equal; in b, RSP is lower by `moved`. */
static inline bool same_operand(const struct decoded *a, const ZydisDecodedOperand *p,
                                const struct decoded *b, const ZydisDecodedOperand *q,
                                int64_t moved)
{
    if (p->type != q->type)
        return false;
    switch (p->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        return p->reg.value == q->reg.value;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        return same_memory(a, p, b, q, moved);
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return p->imm.value.u == q->imm.value.u;
    default:
        return true;
    }
}

static inline bool same_instruction(const struct decoded *a, const struct decoded *b)
{
    if (a->insn.mnemonic != b->insn.mnemonic || a->insn.length != b->insn.length ||
        a->insn.operand_count != b->insn.operand_count || a->insn.attributes != b->insn.attributes)
        return false;
    for (unsigned i = 0; i < a->insn.operand_count; i++)
        if (!same_operand(a, &a->operands[i], b, &b->operands[i], 0))
            return false;
    return true;
}

static inline bool has_step(const struct verify *v, unsigned slot_offset, uint64_t site_offset)
{
    return site_offset > UINT8_MAX ||
           displaced_site_offset(v->d->steps, v->d->n_steps, slot_offset) == (int)site_offset;
}

/* Checks the copy of a conditional branch at an offset of the slot, and the jump back after it. */
static inline const char *verify_conditional(struct verify *v, const struct decoded *x,
                                             unsigned offset)
{
    struct decoded y;
    uint64_t wanted = named_address(x, &x->operands[0]), back;
    if (!decode_in_slot(v, &y, offset) || y.insn.mnemonic != x->insn.mnemonic ||
        ((x->insn.opcode & 0xfc) == 0xe0 && y.insn.address_width != x->insn.address_width))
        return "another conditional branch";
    uint64_t goes = named_address(&y, &y.operands[0]);
    if (goes != wanted && goes - v->slot < v->d->slot_length) {
        unsigned stub = (unsigned)(goes - v->slot);
        if (wanted != v->site && !has_step(v, stub, wanted - v->site))
            return "no step for the taken branch";
        if (wanted == v->site && has_step(v, stub, 0))
            return "a branch to the site looks as if it had not been run";
        if (!follow(v, stub, &goes))
            return "a conditional branch to something that is no jump";
    }
    if (goes != wanted)
        return "a conditional branch goes elsewhere";
    if (!follow(v, offset + y.insn.length, &back) || back != x->at + x->insn.length)
        return "a branch not taken goes elsewhere";
    return NULL;
}

/* Checks push qword [literal] of the return address, at an offset of the slot. */
static inline const char *verify_push(const struct verify *v, const struct decoded *x,
                                      unsigned offset, unsigned *behind)
{
    struct decoded y;
    uint64_t pushed;
    if (!decode_in_slot(v, &y, offset) || y.insn.mnemonic != ZYDIS_MNEMONIC_PUSH ||
        y.operands[0].size != 64 || !slot_literal(v, &y, &y.operands[0], &pushed))
        return "a call that does not push a literal";
    if (pushed != x->at + x->insn.length)
        return "a call pushes another return address";
    *behind = offset + y.insn.length;
    return NULL;
}

static inline const char *verify_call(struct verify *v, const struct decoded *x, unsigned offset)
{
    struct decoded y;
    uint64_t goes;
    unsigned jump;
    const char *wrong;
    if (x->insn.raw.imm[0].is_relative) {
        if ((wrong = verify_push(v, x, offset, &jump)))
            return wrong;
        return follow(v, jump, &goes) && goes == named_address(x, &x->operands[0])
                   ? NULL
                   : "a call goes elsewhere";
    }
    if (x->operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY) {
        static const uint8_t pop_nothing[] = {0x48, 0x8d, 0x64, 0x24, 0x08};
        if (!decode_in_slot(v, &y, offset) || y.insn.mnemonic != ZYDIS_MNEMONIC_PUSH ||
            !same_operand(x, &x->operands[0], &y, &y.operands[0], 0))
            return "a call does not try its operand first";
        offset += y.insn.length;
        if (offset + sizeof(pop_nothing) > v->d->slot_length ||
            memcmp(v->d->bytes + offset, pop_nothing, sizeof(pop_nothing)) != 0)
            return "a call does not take its trial back";
        offset += sizeof(pop_nothing);
        if (!has_step(v, offset, x->at - v->site))
            return "no step behind a call's trial";
    }
    if ((wrong = verify_push(v, x, offset, &jump)))
        return wrong;
    if (!decode_in_slot(v, &y, jump) || y.insn.mnemonic != ZYDIS_MNEMONIC_JMP ||
        !same_operand(x, &x->operands[0], &y, &y.operands[0], 8))
        return "an indirect call goes elsewhere";
    return NULL;
}

/* Checks a copied instruction at an offset of the slot; *next: the offset after it. */
static inline const char *verify_copy(struct verify *v, const struct decoded *x, unsigned offset,
                                      unsigned *next)
{
    struct decoded y;
    uint64_t value;
    if (!decode_in_slot(v, &y, offset))
        return "the copy is no instruction";
    *next = offset + y.insn.length;
    if (x->insn.mnemonic == ZYDIS_MNEMONIC_SYSCALL) {
        static const uint8_t mov_rcx[] = {0x48, 0xb9};
        if (!same_instruction(x, &y) || *next + 10 > v->d->slot_length ||
            memcmp(v->d->bytes + *next, mov_rcx, sizeof(mov_rcx)) != 0)
            return "rcx is not mended behind a syscall";
        memcpy(&value, v->d->bytes + *next + 2, sizeof(value));
        if (value != x->at + x->insn.length || !has_step(v, *next, value - v->site))
            return "rcx is wrong behind a syscall";
        *next += 10;
        return NULL;
    }
    if (same_instruction(x, &y))
        return NULL;
    if (x->insn.mnemonic == ZYDIS_MNEMONIC_LEA && x->operands[0].size == 64 &&
        y.insn.mnemonic == ZYDIS_MNEMONIC_MOV &&
        y.operands[0].reg.value == x->operands[0].reg.value &&
        y.operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
        y.operands[1].imm.value.u == named_address(x, &x->operands[1]))
        return NULL;
    return "another instruction";
}

static inline bool ends_a_run(const ZydisDecodedInstruction *insn)
{
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_UIRET:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_JMP:
        return true;
    default:
        return false;
    }
}

static inline const char *verify_slot(struct verify *v)
{
    const struct displaced *d = v->d;
    unsigned from = 0, to = 0;
    uint64_t goes;
    while (from < d->covered) {
        struct decoded x;
        if (!decode(&x, v->code + from, v->n - from, v->site + from))
            return "what is covered is no code";
        if (!has_step(v, to, from))
            return "no step for a copied instruction";
        if (from > 0 && d->covered - from > x.insn.length)
            return "more than was needed is covered";
        bool relative = x.insn.raw.imm[0].is_relative;
        if (x.insn.mnemonic == ZYDIS_MNEMONIC_CALL)
            return verify_call(v, &x, to);
        if (relative && x.insn.mnemonic == ZYDIS_MNEMONIC_JMP)
            return follow(v, to, &goes) && goes == named_address(&x, &x.operands[0])
                       ? NULL
                       : "a jump goes elsewhere";
        if (relative)
            return verify_conditional(v, &x, to);
        const char *wrong = verify_copy(v, &x, to, &to);
        if (wrong)
            return wrong;
        from += x.insn.length;
        if (ends_a_run(&x.insn))
            return from == d->covered ? NULL : "more is covered than is run";
    }
    if (!has_step(v, to, from))
        return "no step for the jump back";
    return follow(v, to, &goes) && goes == v->site + from ? NULL : "the jump back goes elsewhere";
}

/* NULL: the copy that displaced_build() made is right; else the error. */
static inline const char *displaced_verify(const struct displaced *d, target_addr site,
                                           const uint8_t *code, size_t n, target_addr slot)
{
    struct verify v = {.d = d, .site = site.value, .slot = slot.value, .code = code, .n = n};
    struct decoded first;
    if (n > DISPLACED_CODE_MAX)
        v.n = DISPLACED_CODE_MAX;
    bool decodes = decode(&first, code, v.n, site.value);
    if (!decodes && d->kind != DISPLACED_REFUSE)
        return "what is no code is not refused";
    if ((d->kind == DISPLACED_REFUSE || d->kind == DISPLACED_STEP) != (d->reason != NULL))
        return "a reason without need, or none";
    if (d->kind != DISPLACED_SLOT && (d->slot_length || d->n_steps))
        return "a slot without need";
    if (d->kind == DISPLACED_REFUSE)
        return d->length || d->covered ? "a length where there is nothing" : NULL;
    if (d->kind == DISPLACED_SKIP)
        return d->length >= 2 && d->length == d->covered ? NULL : "one byte is skipped";
    if (d->length != first.insn.length || d->covered < d->length || d->covered > v.n)
        return "lengths";
    if (d->kind == DISPLACED_STEP)
        return NULL;
    if (d->slot_length > DISPLACED_SLOT_MAX || d->n_steps > DISPLACED_STEPS_MAX || !d->n_steps)
        return "too long";
    for (unsigned i = 0; i < d->n_steps; i++)
        if (d->steps[i].slot_offset >= d->slot_length ||
            (i > 0 && d->steps[i].slot_offset <= d->steps[i - 1].slot_offset))
            return "steps out of order";
    if (d->ambiguous && d->covered > 1)
        return "ambiguous without need";
    if (!d->ambiguous && d->covered == 1 && !ends_a_run(&first.insn))
        return "ambiguous but not said so";
    return verify_slot(&v);
}

#endif
