/* SPDX-License-Identifier: MIT */
/* Calls and returns for the tests of the call stack: two stacks, some functions, and the caller's
   data of a frame, which must be returned. */
#ifndef CALLSTACK_FRAMES_H
#define CALLSTACK_FRAMES_H

#include <stdint.h>

#include "ptrace/core/callstack.h"
#include "unit/check_main.h"

#define WORD UINT64_C(8)
/* Two stacks; addresses on them are counted down from their tops. */
#define A(n) (UINT64_C(0x7ffc00100000) - (n)*WORD)
#define B(n) (UINT64_C(0x7f1000100000) - (n)*WORD)

static const struct stack_range stack_a = {UINT64_C(0x7ffc00000000), UINT64_C(0x7ffc00100000)};
static const struct stack_range stack_b = {UINT64_C(0x7f1000000000), UINT64_C(0x7f1000100000)};
static const struct stack_range unknown = {0, 0};

/* Functions, and their return addresses. */
static const char f[1], g[1], h[1];
enum { RET_1 = 0x1000, RET_2 = 0x2000 };

static inline struct stack_range range_of(uint64_t slot)
{
    return slot >= stack_a.low ? stack_a : stack_b;
}

/* Enters a call; returns the depth before it. */
static inline uint32_t enter_at(struct callstack *cs, uint64_t slot, uint64_t ret, const char *what,
                                enum callstack_site site)
{
    struct frame frame = {
        .slot = slot, .ret = ret, .what = what, .time_ns = slot + ret, .kinds = 3};
    ck_assert_int_eq(callstack_enter(cs, &frame, site, range_of(slot)), 0);
    return frame.depth;
}

/* The same, with an unknown call site. */
static inline uint32_t enter(struct callstack *cs, uint64_t slot, uint64_t ret, const char *what)
{
    return enter_at(cs, slot, ret, what, CALLSTACK_SITE_UNKNOWN);
}

/* The same, with the return address in a register. */
static inline uint32_t enter_shared(struct callstack *cs, uint64_t slot, uint64_t ret,
                                    const char *what)
{
    struct frame frame = {.slot = slot,
                          .ret = ret,
                          .what = what,
                          .time_ns = slot + ret,
                          .kinds = 3,
                          .shares_slot = true};
    ck_assert_int_eq(callstack_enter(cs, &frame, CALLSTACK_SITE_UNKNOWN, range_of(slot)), 0);
    return frame.depth;
}

/* The function whose frame the return ends, or NULL; checks the caller's data. */
static inline const char *leave(struct callstack *cs, uint64_t slot, uint64_t ret)
{
    struct frame frame = {0};
    if (!callstack_return(cs, slot, ret, range_of(slot), &frame))
        return NULL;
    ck_assert_uint_eq(frame.slot, slot);
    ck_assert_uint_eq(frame.ret, ret);
    ck_assert_uint_eq(frame.time_ns, slot + ret);
    ck_assert_uint_eq(frame.kinds, 3);
    ck_assert_uint_eq(frame.depth, callstack_depth(cs));
    return frame.what;
}

#endif
