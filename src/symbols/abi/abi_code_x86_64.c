/* SPDX-License-Identifier: MIT */
/* Which operands an instruction reads and writes: Intel 64 and IA-32 Architectures Software
   Developer's Manual, volume 2, as decoded by Zydis. */
#include "symbols/abi/abi_code.h"

#include <Zydis/Zydis.h>
#include <string.h>

#include "symbols/abi/abi.h"

enum {
    FIRST_FLOAT = 16,
    ALL = 0x00ff003f,
    RESULTS = 1 << 2 | 1 << FIRST_FLOAT | 1 << (FIRST_FLOAT + 1), /* rdx, xmm0, xmm1 */
};

uint32_t abi_code_register(const struct value_place *place)
{
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
        return 1u << place->index;
    case PLACE_FLOAT_ARG:
        return 1u << (FIRST_FLOAT + place->index);
    default:
        return 0;
    }
}

/* A part of a register counts as the whole register. */
static uint32_t set_of(ZydisRegister reg)
{
    static const ZydisRegister integers[] = {ZYDIS_REGISTER_RDI, ZYDIS_REGISTER_RSI,
                                             ZYDIS_REGISTER_RDX, ZYDIS_REGISTER_RCX,
                                             ZYDIS_REGISTER_R8,  ZYDIS_REGISTER_R9};
    ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    for (unsigned i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
        if (integers[i] == whole)
            return 1u << i;
    if (whole >= ZYDIS_REGISTER_ZMM0 && whole <= ZYDIS_REGISTER_ZMM7)
        return 1u << (FIRST_FLOAT + (unsigned)(whole - ZYDIS_REGISTER_ZMM0));
    return 0;
}

/* xmm8 to xmm15: they carry no arguments, and functions that follow the ABI do not save them. */
static uint32_t upper_of(ZydisRegister reg)
{
    ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    return whole >= ZYDIS_REGISTER_ZMM8 && whole <= ZYDIS_REGISTER_ZMM15
               ? 1u << (whole - ZYDIS_REGISTER_ZMM8)
               : 0;
}

/* Code of another convention saves registers for its callers, so that a store is not a use of the
   value. */
static bool stores(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands)
{
    if (insn->mnemonic == ZYDIS_MNEMONIC_PUSH)
        return true;
    return insn->operand_count_visible == 2 && operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
           operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
           !(operands[0].actions & ZYDIS_OPERAND_ACTION_MASK_READ);
}

/* xor eax, eax and the like do not use the old value. */
static bool clears(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands)
{
    unsigned n = insn->operand_count_visible;
    if (n < 2 || operands[n - 1].type != ZYDIS_OPERAND_TYPE_REGISTER ||
        operands[n - 2].type != ZYDIS_OPERAND_TYPE_REGISTER ||
        operands[n - 1].reg.value != operands[n - 2].reg.value)
        return false;
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_XOR:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_SBB:
    case ZYDIS_MNEMONIC_PXOR:
    case ZYDIS_MNEMONIC_VPXOR:
    case ZYDIS_MNEMONIC_XORPS:
    case ZYDIS_MNEMONIC_VXORPS:
    case ZYDIS_MNEMONIC_XORPD:
    case ZYDIS_MNEMONIC_VXORPD:
        return true;
    default:
        return false;
    }
}

static void read_operands(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands,
                          uint32_t *read, uint32_t *written)
{
    *read = *written = 0;
    bool takes = !stores(insn, operands) && !clears(insn, operands);
    for (unsigned i = 0; i < insn->operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            *read |= set_of(operand->mem.base) | set_of(operand->mem.index);
            continue;
        }
        if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
            continue;
        uint32_t reg = set_of(operand->reg.value);
        if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
            *written |= reg;
        if (takes && operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
            *read |= reg;
    }
}

struct abi_code abi_code_read(const uint8_t *code, size_t n)
{
    static const struct abi_code unknown = {.written = ALL, .written_first = ALL};
    struct abi_code result = {0};
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    bool straight = true;
    uint32_t upper_written = 0;
    for (size_t at = 0; at < n;) {
        ZydisDecodedInstruction insn;
        ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
        uint32_t read, written;
        if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code + at, n - at, &insn, operands)))
            return unknown;
        read_operands(&insn, operands, &read, &written);
        result.saves_volatile |= straight && stores(&insn, operands) &&
                                 insn.operand_count_visible == 2 &&
                                 upper_of(operands[1].reg.value) & ~upper_written;
        for (unsigned i = 0; i < insn.operand_count; i++)
            if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
                operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
                upper_written |= upper_of(operands[i].reg.value);
        if (straight)
            result.read_first |= read & ~result.written;
        if (straight && stores(&insn, operands) && insn.mnemonic != ZYDIS_MNEMONIC_PUSH)
            read |= set_of(operands[1].reg.value);
        if (straight)
            result.read_or_stored |= read & ~result.written;
        result.written |= written;
        if (insn.meta.category == ZYDIS_CATEGORY_CALL)
            result.results = RESULTS;
        if (straight && insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) {
            straight = false;
            result.written_first = insn.meta.category == ZYDIS_CATEGORY_CALL ||
                                           insn.meta.category == ZYDIS_CATEGORY_RET
                                       ? result.written
                                       : ALL;
        }
        at += insn.length;
    }
    if (result.written_first == ALL || straight)
        result.written_first = result.written;
    return n ? result : unknown;
}

/* Jcc rel32 (0F 80 to 0F 8F): the manual, "Jcc--Jump if Condition Is Met". */
bool abi_code_jumps_if(const uint8_t *code, size_t n, uint64_t at, uint64_t target)
{
    enum { LENGTH = 6 };
    for (size_t i = 0; i + LENGTH <= n; i++) {
        int32_t distance;
        if (code[i] != 0x0f || (code[i + 1] & 0xf0) != 0x80)
            continue;
        memcpy(&distance, code + i + 2, sizeof(distance));
        if (at + i + LENGTH + (uint64_t)(int64_t)distance == target)
            return true;
    }
    return false;
}
