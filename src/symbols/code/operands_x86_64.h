/* SPDX-License-Identifier: MIT */
/* Operands of the instructions of one function of x86-64, and where their values come from. */
#ifndef SYMBOLS_CODE_OPERANDS_X86_64_H
#define SYMBOLS_CODE_OPERANDS_X86_64_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/code/flow.h"

struct file_code;
struct group_part;

enum {
    COPIES_MAX = 4, /* mov reg, reg: as many are followed */
    NO_REGISTER = -1,
};

/* One instruction with its operands. */
struct operation {
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    uint64_t end; /* the address after it */
};

struct known_jumps {
    struct flow flow;
    struct file_code *code;
    int fd;
    const struct group_part *parts;
    size_t n_parts;
    uint32_t jump; /* the one that is looked at */
    bool is_check; /* all edges have been added */
};

bool decode_operation(const struct flow *flow, uint32_t at, struct operation *operation);
/* The number of a 64-bit general-purpose register, or NO_REGISTER. */
int number_of(ZydisRegister reg);
/* The number of the operand if it is such a register, or NO_REGISTER. */
int register_operand(const struct operation *operation, unsigned i);
/* The operand if it is memory, or NULL. */
const ZydisDecodedOperandMem *memory_operand(const struct operation *operation, unsigned i);

/* The constant address that the register has before instruction `at`, however that is reached.
   false: it has none, or several. */
bool address_before(struct known_jumps *jumps, uint32_t at, int reg, unsigned copies,
                    uint64_t *address);
/* Whether the operand of instruction `at` is an entry of a table of addresses in the file: these
   are pointers, and marked. */
bool is_table_of_addresses(struct known_jumps *jumps, uint32_t at,
                           const ZydisDecodedOperandMem *memory);

#endif
