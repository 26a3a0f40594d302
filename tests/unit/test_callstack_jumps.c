/* SPDX-License-Identifier: MIT */
/* Frames that are left by longjmp() and the like, seen and unseen. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unit/callstack_frames.h"

/* f calls g, which jumps back into f; then f returns. */
START_TEST(a_jump_leaves_frames)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    enter(&cs, A(30), RET_1, h);
    callstack_jumped(&cs);
    ck_assert_uint_eq(callstack_depth(&cs), 3); /* its target is not known yet */
    ck_assert_uint_eq(enter(&cs, A(15), RET_2, h), 1);
    ck_assert_ptr_eq(leave(&cs, A(15), RET_2), h);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    ck_assert_ptr_null(leave(&cs, A(30), RET_1));
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    callstack_free(&cs);
}
END_TEST

START_TEST(a_return_behind_a_jump_finds_the_depth_right)
{
    struct callstack cs = {0};
    enter(&cs, A(5), RET_2, h);
    enter(&cs, A(10), RET_1, f);
    for (unsigned i = 2; i < 100; i++)
        enter(&cs, A(i * 10), RET_1, g);
    callstack_jumped(&cs);
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    ck_assert_uint_eq(callstack_depth(&cs), 1);
    for (unsigned i = 2; i < 100; i++)
        ck_assert_ptr_null(leave(&cs, A(i * 10), RET_1));
    callstack_free(&cs);
}
END_TEST

static void note_missed(void *data, const struct frame *frame)
{
    const char **last = data;
    ck_assert_ptr_null(*last);
    *last = frame->what;
}

/* Frames that are forgotten were missed, if they are older than that, and no jump has left them. */
START_TEST(missed_returns_are_told)
{
    struct callstack cs = {0};
    const char *missed = NULL;
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    enter(&cs, A(30), RET_1, h);
    callstack_missed(&cs, note_missed, &missed);
    enter(&cs, A(30), RET_1, f); /* in place of h */
    ck_assert_ptr_eq(missed, h);
    missed = NULL;
    ck_assert_ptr_eq(leave(&cs, A(30), RET_1), f);
    callstack_seen(&cs, A(19), stack_a);
    ck_assert_ptr_eq(missed, g);
    missed = NULL;
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    ck_assert_ptr_null(missed);
    enter(&cs, A(10), RET_2, g);
    callstack_seen(&cs, A(5), stack_a); /* buried */
    callstack_seen(&cs, A(5), stack_a);
    enter(&cs, A(10), RET_1, f);
    ck_assert_ptr_null(missed);
    callstack_jumped(&cs);
    callstack_seen(&cs, A(5), stack_a);
    ck_assert_ptr_null(missed);
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    callstack_free(&cs);
}
END_TEST

static void note_unwound(void *data, const struct frame *frame)
{
    char *told = data;
    size_t n = strlen(told);
    snprintf(told + n, 64 - n, "%c%u ",
             frame->what == f   ? 'f'
             : frame->what == g ? 'g'
                                : 'h',
             frame->depth);
}

/* Frames that a jump has left are told, the innermost first; those of a thread that ends, those
   that are overwritten without a jump, and those that may be on another stack are not. */
START_TEST(unwound_frames_are_told)
{
    char told[64] = "";
    struct callstack cs = {.unwound = note_unwound, .unwound_data = told};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    enter(&cs, A(30), RET_1, h);
    enter(&cs, A(30), RET_2, h); /* in place of the one before */
    ck_assert_str_eq(told, "");
    callstack_jumped(&cs);
    ck_assert_str_eq(told, "");
    callstack_seen(&cs, A(15), stack_a);
    ck_assert_str_eq(told, "h2 g1 ");
    *told = '\0';
    enter(&cs, A(20), RET_1, g);
    callstack_jumped(&cs);
    enter(&cs, A(20), RET_1, h); /* from the same place, after a jump */
    ck_assert_str_eq(told, "g1 ");
    *told = '\0';
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f); /* h is not known to be left */
    ck_assert_str_eq(told, "");
    enter(&cs, A(20), RET_2, g); /* in place of the buried one */
    ck_assert_str_eq(told, "");
    cs.ends = true;
    callstack_jumped(&cs);
    callstack_seen(&cs, A(5), stack_a);
    ck_assert_str_eq(told, "");
    ck_assert_uint_eq(callstack_depth(&cs), 0);
    callstack_free(&cs);
}
END_TEST

START_TEST(seen_settles_at_once)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    enter(&cs, A(30), RET_1, h);
    callstack_jumped(&cs);
    callstack_seen(&cs, A(20), unknown); /* no information */
    callstack_seen(&cs, A(20), stack_b);
    ck_assert_uint_eq(callstack_depth(&cs), 3);
    callstack_seen(&cs, A(20), stack_a); /* the frame at that address is still open */
    ck_assert_uint_eq(callstack_depth(&cs), 2);
    callstack_seen(&cs, A(19), stack_a);
    ck_assert_uint_eq(callstack_depth(&cs), 1);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    callstack_free(&cs);
}
END_TEST

/* setjmp(); g() jumps; again from the same place: never more than one g is open. */
START_TEST(called_again_after_a_jump)
{
    static const enum callstack_site sites[] = {CALLSTACK_SITE_UNKNOWN, CALLSTACK_SITE_CALLS_IT,
                                                CALLSTACK_SITE_CALLS_OTHER};
    for (unsigned s = 0; s < 3; s++) {
        struct callstack cs = {0};
        enter(&cs, A(10), RET_1, f);
        for (unsigned i = 0; i < 100; i++) {
            ck_assert_uint_eq(enter_at(&cs, A(20), RET_2, g, sites[s]), 1);
            callstack_jumped(&cs);
        }
        enter_at(&cs, A(20), RET_2, g, sites[s]);
        ck_assert_ptr_eq(leave(&cs, A(20), RET_2), g);
        ck_assert_ptr_null(leave(&cs, A(20), RET_2));
        ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
        ck_assert_uint_eq(callstack_depth(&cs), 0);
        callstack_free(&cs);
    }
}
END_TEST

/* An entry of h in g's slot, with its return address, after a jump. */
static unsigned exits_after_jump(enum callstack_site site, const char *what)
{
    struct callstack cs = {0};
    unsigned exits = 0;
    enter_at(&cs, A(20), RET_2, g, CALLSTACK_SITE_UNKNOWN);
    callstack_jumped(&cs);
    enter_at(&cs, A(20), RET_2, what, site);
    while (leave(&cs, A(20), RET_2))
        exits++;
    callstack_free(&cs);
    return exits;
}

START_TEST(tail_call_or_new_call_after_a_jump)
{
    /* The call instruction names h: h was called from there. */
    ck_assert_uint_eq(exits_after_jump(CALLSTACK_SITE_CALLS_IT, h), 1);
    /* A call through a pointer, first to g, then to h. */
    ck_assert_uint_eq(exits_after_jump(CALLSTACK_SITE_UNKNOWN, h), 1);
    /* The call instruction names another function, through which g was reached: so g caught a jump
       of its callees and now tail-calls h. */
    ck_assert_uint_eq(exits_after_jump(CALLSTACK_SITE_CALLS_OTHER, h), 2);
    /* The same, but it reaches g again: through the PLT, for example. */
    ck_assert_uint_eq(exits_after_jump(CALLSTACK_SITE_CALLS_OTHER, g), 1);
}
END_TEST

/* An unseen jump: lower frames do not count any more, but can still be found. */
START_TEST(an_unseen_jump_buries)
{
    struct callstack cs = {0};
    enter(&cs, A(10), RET_1, f);
    enter(&cs, A(20), RET_1, g);
    ck_assert_uint_eq(enter(&cs, A(15), RET_2, h), 1);
    ck_assert_uint_eq(callstack_depth(&cs), 2);
    ck_assert_ptr_eq(leave(&cs, A(15), RET_2), h);
    /* g is called again from the same place: as it was buried, the old call is over. */
    ck_assert_uint_eq(enter(&cs, A(20), RET_1, g), 1);
    ck_assert_ptr_eq(leave(&cs, A(20), RET_1), g);
    ck_assert_ptr_null(leave(&cs, A(20), RET_1));
    ck_assert_ptr_eq(leave(&cs, A(10), RET_1), f);
    callstack_free(&cs);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_jump_leaves_frames);
    tcase_add_test(tests, a_return_behind_a_jump_finds_the_depth_right);
    tcase_add_test(tests, missed_returns_are_told);
    tcase_add_test(tests, unwound_frames_are_told);
    tcase_add_test(tests, seen_settles_at_once);
    tcase_add_test(tests, called_again_after_a_jump);
    tcase_add_test(tests, tail_call_or_new_call_after_a_jump);
    tcase_add_test(tests, an_unseen_jump_buries);
}

CHECK_MAIN("callstack_jumps", 20, add_tests)
