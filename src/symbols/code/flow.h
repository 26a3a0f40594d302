/* SPDX-License-Identifier: MIT */
/* The instructions of one function of x86-64, and from which of them each can be reached. */
#ifndef SYMBOLS_CODE_FLOW_H
#define SYMBOLS_CODE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

struct file_code;
struct group_part;

enum flow_kind {
    FLOW_NEXT,
    FLOW_CALL,
    FLOW_BRANCH,   /* conditional, to a constant address */
    FLOW_JUMP,     /* to a constant address */
    FLOW_INDIRECT, /* jmp reg, jmp [mem] */
    FLOW_END,      /* ret, ud2, hlt */
};

struct flow_insn {
    uint64_t at;
    const uint8_t *bytes;
    uint16_t writes; /* the general-purpose registers that it may modify: bit n is register n */
    uint8_t length;
    uint8_t kind;     /* enum flow_kind */
    bool is_start;    /* no instruction is before it */
    bool is_visited;  /* for one search */
    bool is_known;    /* of FLOW_INDIRECT: it leads to nothing unknown */
    bool is_complete; /* of these: only its edges lead into the function */
};

/* A branch from one instruction to another one, by index. */
struct flow_edge {
    uint64_t target;
    uint32_t source;
};

struct flow {
    struct file_code *code;
    VEC(struct flow_insn) insns; /* ascending by address */
    size_t n_sorted;             /* edges that count */
    VEC(struct flow_edge) edges; /* ascending by target */
    bool is_first;               /* see search_indirect() */
    bool has_function_start;     /* of one of its parts it is known that calls lead to it */
    uint64_t budget;             /* steps of searches that are still allowed */
    VEC(uint32_t) indirect;      /* all of FLOW_INDIRECT */
};

enum {
    FLOW_DEFINITIONS_MAX = 16,
    /* Of all searches in one function: those of the largest functions of interpreters take fewer.
     */
    FLOW_BUDGET = 1 << 25,
};

/* The instructions that may have set a register last. */
struct flow_definitions {
    uint32_t insns[FLOW_DEFINITIONS_MAX];
    unsigned n;
    bool at_entry; /* or none did since the function was called */
    bool unknown;  /* there are more */
};

/* Decodes the function. -ENOEXEC: it has bytes that are no instructions, or branches into the
   middle of instructions. -ENOMEM. */
MUST_CHECK int flow_read(struct flow *flow, struct file_code *code, const struct group_part *parts,
                         size_t n);
void flow_free(struct flow *flow);

/* Takes steps from the budget. false: it is used up. */
bool flow_spend(struct flow *flow, uint64_t steps);
/* Adds an edge from an indirect jump; it counts after flow_sort(). -ENOMEM. */
MUST_CHECK int flow_add(struct flow *flow, uint64_t target, uint32_t source);
void flow_sort(struct flow *flow);
/* The index of the instruction at the address; -1: none starts there. */
int64_t flow_find(const struct flow *flow, uint64_t at);
/* Finds what set the register (0 to 15) before instruction `at` is executed. */
void flow_define(struct flow *flow, uint32_t at, unsigned reg, struct flow_definitions *found);

#endif
