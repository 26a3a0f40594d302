/* SPDX-License-Identifier: MIT */
/*
 * The ranges of a file's functions, and which of them are parts of one function.
 *
 * A range comes from a symbol with a size or from a frame description entry (FDE); those that
 * overlap are one range. A compiler splits functions: "f.cold" is a part of f. Ranges are parts of
 * one function, a group, if a jump (not a call) leads from one into another, unless it leads to a
 * function's first byte: that is a tail call.
 */
#ifndef SYMBOLS_CODE_RANGES_H
#define SYMBOLS_CODE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

enum range_flags {
    RANGE_SYMBOL = 1,    /* a symbol has its first address */
    RANGE_PART = 2,      /* that symbol names a part of a function: "f.cold" */
    RANGE_CALLED = 4,    /* a call leads to its first address */
    RANGE_LINKAGE = 8,   /* a procedure linkage table */
    RANGE_SIGNAL = 16,   /* returns from a signal handler; unwinders look at its bytes */
    RANGE_SCANNED = 64,  /* its short branches are marked */
    RANGE_THUNK = 32,    /* a jump to it is a jump through a register */
    RANGE_POINTED = 128, /* a pointer leads to its first address */
};

enum group_state {
    GROUP_UNKNOWN,  /* not decoded yet */
    GROUP_CLEAR,    /* all its jumps are known */
    GROUP_INDIRECT, /* a jump in it leads to somewhere unknown in it */
};

struct function_range {
    uint64_t start, end; /* addresses; the end is exclusive */
    uint8_t flags;
    uint8_t state;   /* of the group, in its first range; enum group_state */
    uint32_t parent; /* towards the group's first range, which is its own parent */
    uint32_t next;   /* the next range of the group: a ring */
};

struct function_ranges {
    VEC(struct function_range)
    list; /* after function_ranges_sort(): ascending; they do not overlap */
};

enum { RANGE_NONE = -1 };

/* -ENOMEM. Empty ranges are left out. */
MUST_CHECK int function_ranges_add(struct function_ranges *ranges, uint64_t start, uint64_t end,
                                   unsigned flags);
/* Call it once, when all are added. */
void function_ranges_sort(struct function_ranges *ranges);
void function_ranges_free(struct function_ranges *ranges);

/* The index of the range with the address; RANGE_NONE. */
int64_t function_ranges_find(const struct function_ranges *ranges, uint64_t at);
/* The index of the first range of the group. */
uint32_t function_ranges_group(struct function_ranges *ranges, uint32_t range);
/* The end of the gap after `at`: where the next range starts; UINT64_MAX if there is none. */
uint64_t function_ranges_next(const struct function_ranges *ranges, uint64_t at);
/* The two ranges are parts of one function. */
void function_ranges_join(struct function_ranges *ranges, uint32_t a, uint32_t b);

/* A jump leads from one range to an address of another one. */
void function_ranges_jump(struct function_ranges *ranges, uint32_t from, uint64_t target);
/* A call leads to the address. */
void function_ranges_call(struct function_ranges *ranges, uint64_t target);
/* The address is stored in data, or an instruction computes it. */
void function_ranges_point(struct function_ranges *ranges, uint64_t target);

#endif
