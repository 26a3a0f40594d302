/* SPDX-License-Identifier: MIT */
/* The open frames of a thread: calls and returns, tail calls, coroutines. */
#include <errno.h>
#include <stdint.h>

#include "unit/callstack_frames.h"

START_TEST(calls_nest)
{
    struct callstack cs = {0};
    ck_assert_uint_eq(enter(&cs, A(10), RET_1, f), 0);
    ck_assert_uint_eq(enter(&cs, A(20), RET_2, g), 1);
    ck_assert_uint_eq(callstack_depth(&cs), 2);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1)); /* another return address */
    ck_assert_ptr_null(leave(&cs, A(19), RET_2)); /* another slot */
    ck_assert_uint_eq(callstack_depth(&cs), 2);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_2), g);
    ck_assert_ptr_null(leave(&cs, A(20), RET_2));
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    callstack_free(&cs);
    /* It is empty again. */
    ck_assert_ptr_null(leave(&cs, A(10), RET_1));
    ck_assert_uint_eq(enter(&cs, A(10), RET_1, f), 0);
    callstack_free(&cs);
}
END_TEST

START_TEST(recursion_is_deep)
{
    struct callstack cs = {0};
    for (unsigned i = 0; i < 5000; i++)
        ck_assert_uint_eq(enter(&cs, A(i * 4), RET_1, f), i);
    uint32_t capacity = cs.capacity;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 5000; i-- > 0;) {
            ck_assert_ptr_eq(leave(&cs, A(i * 4), RET_1), f);
            ck_assert_uint_eq(callstack_depth(&cs), i);
        }
        for (unsigned i = 0; i < 5000; i++)
            ck_assert_uint_eq(enter(&cs, A(i * 4), RET_1, f), i);
    }
    ck_assert_uint_eq(cs.capacity, capacity); /* the second time needs no more memory */
    callstack_free(&cs);
}
END_TEST

START_TEST(depth_is_bounded)
{
    struct callstack cs = {0};
    struct frame frame = {.ret = RET_1, .what = f};
    unsigned wrong = 0; /* one assertion each would take most of the time */
    for (uint64_t i = 0; i < CALLSTACK_FRAMES_MAX; i++) {
        frame.slot = UINT64_C(0x7fff00000000) - i * WORD;
        wrong += callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, unknown) != 0;
    }
    ck_assert_uint_eq(wrong, 0);
    for (unsigned i = 1; i <= 5; i++) {
        frame.slot = 0x1000 * i;
        ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, unknown), -E2BIG);
        ck_assert_uint_eq(frame.depth, CALLSTACK_FRAMES_MAX);
        ck_assert_uint_eq(cs.lost, i);
    }
    ck_assert(!callstack_return(&cs, 0x1000, RET_1, unknown, &frame));
    for (uint64_t i = CALLSTACK_FRAMES_MAX; i-- > 0;) {
        uint64_t slot = UINT64_C(0x7fff00000000) - i * WORD;
        wrong += !callstack_return(&cs, slot, RET_1, unknown, &frame) || frame.slot != slot;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    callstack_free(&cs);
}
END_TEST

START_TEST(tail_calls_end_together)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_2, h);
    ck_assert_uint_eq(enter(&cs, A(20), RET_1, f), 1);
    ck_assert_uint_eq(enter(&cs, A(20), RET_1, g), 2);
    ck_assert_uint_eq(enter(&cs, A(20), RET_1, h), 3);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), h);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), g);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), f);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    ck_assert_uint_eq(callstack_depth(&cs), 1);
    callstack_free(&cs);
}
END_TEST

/* Functions that tail-call each other return to the one that the call instruction names: still tail
   calls. */
START_TEST(a_direct_call_does_not_end_a_tail_call)
{
    struct callstack cs = {0};
    enter_at(&cs, A(20), RET_1, f, CALLSTACK_SITE_CALLS_IT);
    enter_at(&cs, A(20), RET_1, g, CALLSTACK_SITE_CALLS_OTHER);
    ck_assert_uint_eq(enter_at(&cs, A(20), RET_1, f, CALLSTACK_SITE_CALLS_IT), 2);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), f);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), g);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), f);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    callstack_free(&cs);
}
END_TEST

START_TEST(a_million_tail_calls_take_little_room)
{
    struct callstack cs = {0};
    struct frame frame = {.slot = A(20), .ret = RET_1};
    unsigned kept = 0, wrong = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        frame.what = i % 2 ? g : f;
        int r = callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, stack_a);
        wrong += r != (i < CALLSTACK_CHAIN_MAX ? 0 : -E2BIG);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_le(cs.capacity, 2 * CALLSTACK_CHAIN_MAX);
    ck_assert_uint_eq(cs.lost, 1000000 - CALLSTACK_CHAIN_MAX);
    ck_assert_uint_eq(callstack_depth(&cs), CALLSTACK_CHAIN_MAX);
    while (callstack_return(&cs, A(20), RET_1, stack_a, &frame)) {
        kept++;
        ck_assert_ptr_eq(frame.what, kept % 2 ? g : f);
    }
    ck_assert_uint_eq(kept, CALLSTACK_CHAIN_MAX);
    ck_assert_ptr_eq(frame.what, f); /* the outermost one is among them */
    callstack_free(&cs);
}
END_TEST

START_TEST(another_return_address_replaces)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(20), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    ck_assert_uint_eq(enter(&cs, A(20), RET_2, h), 1); /* no jump was seen, but */
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    ck_assert_ptr_eq(leave(&cs, A(20), RET_2), h);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    ck_assert_uint_eq(callstack_depth(&cs), 1);
    callstack_free(&cs);
}
END_TEST

/* Two coroutines alternate, each on its own stack; one of them jumps within itself. */
/* Two calls without a stack frame: the outer one keeps its return address in a register. */
START_TEST(calls_share_a_slot)
{
    struct callstack cs = {0};
    ck_assert_uint_eq(enter_shared(&cs, 0x1000, RET_1, f), 0);
    ck_assert_uint_eq(enter_shared(&cs, 0x1000, RET_2, g), 1);
    ck_assert_ptr_null(leave(&cs, 0x1000, RET_2 + 4));
    ck_assert_ptr_eq(leave(&cs, 0x1000, RET_2), g);
    ck_assert_ptr_null(leave(&cs, 0x1000, RET_2));
    ck_assert_uint_eq(enter_shared(&cs, 0x1000, RET_2, h), 1);
    /* The inner one was left in a way that was not seen. */
    ck_assert_ptr_eq(leave(&cs, 0x1000, RET_1), f);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    ck_assert_ptr_null(leave(&cs, 0x1000, RET_2));
    callstack_free(&cs);
}
END_TEST

START_TEST(a_jump_ends_calls_that_share_a_slot)
{
    struct callstack cs = {0};
    enter_shared(&cs, 0x1000, RET_1, f);
    callstack_jumped(&cs);
    ck_assert_uint_eq(enter_shared(&cs, 0x1000, RET_2, g), 0);
    ck_assert_ptr_null(leave(&cs, 0x1000, RET_1));
    ck_assert_ptr_eq(leave(&cs, 0x1000, RET_2), g);
    callstack_free(&cs);
}
END_TEST

/* Calls that are left unseen, always from somewhere else, do not fill the slot. */
START_TEST(few_calls_share_a_slot)
{
    struct callstack cs = {0};
    for (uint64_t i = 0; i < 10000; i++)
        ck_assert_uint_lt(enter_shared(&cs, 0x1000, 0x10000 + i * 4, f), 4);
    ck_assert_ptr_eq(leave(&cs, 0x1000, 0x10000 + 9999 * 4), f);
    callstack_free(&cs);
}
END_TEST

START_TEST(coroutines_keep_their_frames)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, B(10), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    enter(&cs, B(20), RET_1, g);
    enter(&cs, B(30), RET_1, h);
    ck_assert(!cs.out_of_order);
    /* A returns from g and calls it again, while B's frames are newer. */
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), g);
    ck_assert(cs.out_of_order);
    ck_assert_uint_eq(callstack_depth(&cs), 4);
    enter(&cs, A(20), RET_2, g);
    enter(&cs, A(30), RET_2, h);
    callstack_jumped(&cs); /* on A, back into f */
    ck_assert_ptr_eq(leave(&cs, B(30), RET_1), h);
    ck_assert_uint_eq(enter(&cs, A(15), RET_2, h), 3);
    ck_assert_ptr_eq(leave(&cs, A(15), RET_2), h);
    ck_assert_ptr_eq(leave(&cs, B(20), RET_1), g);
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    ck_assert_ptr_eq(leave(&cs, B(10), RET_1), f);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    callstack_free(&cs);
}
END_TEST

/* Coroutines with stacks in one mapping: no exit is lost, and after the first mistake the depth is
   right, too. */
START_TEST(stacks_that_share_a_mapping)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(1010), RET_1, g); /* another coroutine's */
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    ck_assert(cs.out_of_order); /* g may return later, or never */
    ck_assert_ptr_eq(leave(&cs, A(1010), RET_1), g);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_eq(enter(&cs, A(10), RET_1, f), 0);
        ck_assert_uint_eq(enter(&cs, A(1010), RET_1, g), 1);
        ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
        ck_assert_uint_eq(enter(&cs, A(20), RET_1, h), 1);
        callstack_jumped(&cs);
        ck_assert_ptr_eq(leave(&cs, A(20), RET_1), h);
        ck_assert_ptr_eq(leave(&cs, A(1010), RET_1), g);
        ck_assert_uint_eq(callstack_depth(&cs), 0);
    }
    callstack_free(&cs);
}
END_TEST

START_TEST(no_range_forgets_nothing)
{
    struct callstack cs = {0};
    struct frame frame = {.slot = A(10), .ret = RET_1, .what = f};
    for (unsigned i = 1; i <= 3; i++) {
        frame.slot = A(i * 10);
        ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, unknown), 0);
    }
    callstack_jumped(&cs);
    ck_assert(callstack_return(&cs, A(10), RET_1, unknown, &frame));
    ck_assert_uint_eq(callstack_depth(&cs), 2);
    /* Nor does a range without the stack pointer. */
    ck_assert(callstack_return(&cs, A(20), RET_1, stack_b, &frame));
    ck_assert_uint_eq(callstack_depth(&cs), 1);
    callstack_free(&cs);
}
END_TEST

/* With any number of coroutines, the search for left frames is short. */
START_TEST(the_search_is_bounded)
{
    for (unsigned others = CALLSTACK_LOOK_MAX - 1; others <= CALLSTACK_LOOK_MAX; others++) {
        struct callstack cs = {0};
        enter(&cs, A(10), RET_1, f);
        callstack_jumped(&cs);
        for (unsigned i = 0; i < others; i++)
            enter(&cs, B(10 * i), RET_1, g);
        callstack_seen(&cs, A(5), stack_a);
        ck_assert_uint_eq(callstack_depth(&cs), others + (others == CALLSTACK_LOOK_MAX));
        callstack_free(&cs);
    }
}
END_TEST

/* The counts are the numbers of returns that can still come. */
START_TEST(kept_frames_are_counted)
{
    struct callstack cs = {0};
    uint32_t one = 0, two = 0;
    struct frame frame = {.slot = A(10), .ret = RET_1, .what = f, .waiting = &one}, out;
    ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, stack_a), 0);
    ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, stack_a), 0);
    ck_assert_uint_eq(one, 2); /* a tail call */
    ck_assert(callstack_return(&cs, A(10), RET_1, stack_a, &out));
    ck_assert_uint_eq(one, 1);
    /* Another call in its slot has overwritten it. */
    frame = (struct frame){.slot = A(10), .ret = RET_2, .what = g, .waiting = &two};
    ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, stack_a), 0);
    ck_assert_uint_eq(one, 0);
    ck_assert_uint_eq(two, 1);
    /* Buried: its return is still accepted. */
    callstack_seen(&cs, A(5), stack_a);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    ck_assert_uint_eq(two, 1);
    ck_assert(callstack_return(&cs, A(10), RET_2, stack_a, &out));
    ck_assert_uint_eq(two, 0);
    /* Left by a jump. */
    ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, unknown), 0);
    callstack_jumped(&cs);
    ck_assert_uint_eq(two, 1);
    callstack_free(&cs);
    ck_assert_uint_eq(two, 0);
}
END_TEST

/* A frame that is not kept has no return. */
START_TEST(lost_frames_are_not_counted)
{
    struct callstack cs = {0};
    uint32_t waiting = 0;
    struct frame frame = {.slot = A(10), .ret = RET_1, .what = f, .waiting = &waiting};
    for (unsigned i = 0; i < CALLSTACK_CHAIN_MAX + 5; i++)
        ck_assert_int_eq(callstack_enter(&cs, &frame, CALLSTACK_SITE_UNKNOWN, stack_a),
                         i < CALLSTACK_CHAIN_MAX ? 0 : -E2BIG);
    ck_assert_uint_eq(waiting, CALLSTACK_CHAIN_MAX);
    callstack_free(&cs);
    ck_assert_uint_eq(waiting, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, calls_nest);
    tcase_add_test(tests, recursion_is_deep);
    tcase_add_test(tests, depth_is_bounded);
    tcase_add_test(tests, tail_calls_end_together);
    tcase_add_test(tests, a_direct_call_does_not_end_a_tail_call);
    tcase_add_test(tests, a_million_tail_calls_take_little_room);
    tcase_add_test(tests, another_return_address_replaces);
    tcase_add_test(tests, calls_share_a_slot);
    tcase_add_test(tests, a_jump_ends_calls_that_share_a_slot);
    tcase_add_test(tests, few_calls_share_a_slot);
    tcase_add_test(tests, coroutines_keep_their_frames);
    tcase_add_test(tests, stacks_that_share_a_mapping);
    tcase_add_test(tests, no_range_forgets_nothing);
    tcase_add_test(tests, the_search_is_bounded);
    tcase_add_test(tests, kept_frames_are_counted);
    tcase_add_test(tests, lost_frames_are_not_counted);
}

CHECK_MAIN("callstack", 20, add_tests)
