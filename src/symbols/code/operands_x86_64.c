/* SPDX-License-Identifier: MIT */
#include "symbols/code/operands_x86_64.h"

#include "symbols/code/file_bytes.h"
#include "symbols/code/file_code.h"

bool decode_operation(const struct flow *flow, uint32_t at, struct operation *operation)
{
    const struct flow_insn *insn = &flow->insns.items[at];
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    operation->end = insn->at + insn->length;
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, insn->bytes, insn->length,
                                               &operation->decoded, operation->operands));
}

int number_of(ZydisRegister reg)
{
    return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15 ? (int)(reg - ZYDIS_REGISTER_RAX)
                                                                  : NO_REGISTER;
}

int register_operand(const struct operation *operation, unsigned i)
{
    const ZydisDecodedOperand *operand = &operation->operands[i];
    return operand->type == ZYDIS_OPERAND_TYPE_REGISTER ? number_of(operand->reg.value)
                                                        : NO_REGISTER;
}

const ZydisDecodedOperandMem *memory_operand(const struct operation *operation, unsigned i)
{
    const ZydisDecodedOperand *operand = &operation->operands[i];
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY ? &operand->mem : NULL;
}

/* ---- addresses */

/* The constant address to which instruction `at` sets register `reg`. */
static bool address_set(struct known_jumps *jumps, uint32_t at, int reg, unsigned copies,
                        uint64_t *address)
{
    struct operation operation;
    if (!decode_operation(&jumps->flow, at, &operation) || register_operand(&operation, 0) != reg)
        return false;
    const ZydisDecodedOperandMem *memory = memory_operand(&operation, 1);
    if (operation.decoded.mnemonic == ZYDIS_MNEMONIC_LEA && memory &&
        memory->base == ZYDIS_REGISTER_RIP) {
        *address = operation.end + (uint64_t)memory->disp.value;
        return true;
    }
    int from = register_operand(&operation, 1);
    return operation.decoded.mnemonic == ZYDIS_MNEMONIC_MOV && from != NO_REGISTER && copies &&
           address_before(jumps, at, from, copies - 1, address);
}

bool address_before(struct known_jumps *jumps, uint32_t at, int reg, unsigned copies,
                    uint64_t *address)
{
    struct flow_definitions found;
    flow_define(&jumps->flow, at, (unsigned)reg, &found);
    if (found.unknown || found.at_entry || !found.n)
        return false;
    for (unsigned i = 0; i < found.n; i++) {
        uint64_t its;
        if (!address_set(jumps, found.insns[i], reg, copies, &its) || (i && its != *address))
            return false;
        *address = its;
    }
    return true;
}

/* ---- tables of addresses */

bool is_table_of_addresses(struct known_jumps *jumps, uint32_t at,
                           const ZydisDecodedOperandMem *memory)
{
    uint64_t table = 0, word;
    int base = number_of(memory->base);
    if (memory->index == ZYDIS_REGISTER_NONE || memory->scale != 8 ||
        memory->segment == ZYDIS_REGISTER_FS || memory->segment == ZYDIS_REGISTER_GS)
        return false;
    if (memory->base != ZYDIS_REGISTER_NONE &&
        (base == NO_REGISTER || !address_before(jumps, at, base, COPIES_MAX, &table)))
        return false;
    table += (uint64_t)memory->disp.value;
    return file_bytes_at(jumps->code->file, jumps->fd, table, &word, sizeof(word)) == 0;
}
