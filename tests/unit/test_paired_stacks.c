/* SPDX-License-Identifier: MIT */
/* Entries and exits to calls that are left, that recur, or that are on several stacks. */
#include "unit/paired_events.h"

/* b and c are left by an exception that a catches. */
START_TEST(unwound)
{
    begin();
    enter("main", 1);
    enter("a", 10);
    enter("b", 11);
    enter("c", 12);
    leave("a", 20);
    leave("main", 30);
    finish("main(0 a(1 b(2 c(3 a=10 in main) main=29-10) b unwound) c unwound) ");
    ck_assert_uint_eq(counts.ends[CALL_UNWOUND], 2);
    ck_assert_uint_eq(counts.ambiguous, 0);
}
END_TEST

static void unwind(const char *name, uint64_t time)
{
    char event[32];
    snprintf(event, sizeof(event), "%s_entry", name);
    const struct unwound_call call = {
        .pid = 1, .tid = 1, .function = unwound_calls_function("m", event)};
    ck_assert_int_eq(call_pairing_unwound(pairing, 0, &call, time), 0);
}

/* The tracer has seen when f and b were left: both have ended then, and the exit is that of the
   other f. What is not open is passed over. */
START_TEST(seen_to_be_unwound)
{
    begin();
    unwind("a", 5);
    enter("a", 10);
    enter("f", 11);
    enter("f", 12);
    enter("b", 13);
    unwind("b", 15);
    unwind("f", 15);
    unwind("c", 15);
    enter("c", 16);
    leave("c", 17);
    leave("f", 18);
    leave("a", 20);
    finish("a(0 f(1 f(2 b(3 b unwound in f) f unwound in f) c(2 c=1 in f) f=7-1 in a) a=10-7) ");
    ck_assert_uint_eq(counts.ends[CALL_UNWOUND], 2);
    ck_assert_uint_eq(counts.ambiguous, 0);
}
END_TEST

/* Where stacks are switched, the order of the events is not that of the calls. */
START_TEST(seen_on_several_stacks)
{
    ck_assert_int_eq(thread_set_reserve(&switching, 1), 0);
    thread_set_add(&switching, 1, 1);
    begin();
    enter("a", 10);
    unwind("a", 11);
    leave("a", 12);
    finish("a(0 a=2) ");
}
END_TEST

/* What an unwound call has called took its time from the caller that caught the exception. */
START_TEST(time_of_unwound_calls)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    enter("c", 12);
    leave("c", 15);
    leave("a", 20);
    finish("a(0 b(1 c(2 c=3 in b) a=10-3) b-3 unwound) ");
}
END_TEST

/* Without a recorded depth, the wrong one of two recursive calls gets the exit; that is said. */
START_TEST(recursion_is_ambiguous)
{
    begin();
    enter("a", 1);
    enter("f", 10);
    enter("f", 11);
    leave("f", 20);
    leave("a", 30);
    finish("a(0 f(1 f(2 f=9 in f) a=29-9) f-9 unwound) ");
    ck_assert_uint_eq(counts.ambiguous, 1);
}
END_TEST

START_TEST(recursion_with_depth)
{
    begin();
    send(&entries, "a", 1, 0, NOT_RECORDED);
    send(&entries, "f", 10, 1, NOT_RECORDED);
    send(&entries, "f", 11, 2, NOT_RECORDED);
    send(&exits, "f", 20, 1, NOT_RECORDED);
    send(&exits, "a", 30, 0, NOT_RECORDED);
    finish("a(0 f(1 f(2 f=10 in a) a=29-10) f unwound) ");
    ck_assert_uint_eq(counts.ambiguous, 0);
}
END_TEST

/* An entry at a depth says what has been left before it. */
START_TEST(jumped_over_at_an_entry)
{
    begin();
    send(&entries, "a", 1, 0, NOT_RECORDED);
    send(&entries, "b", 2, 1, NOT_RECORDED);
    send(&entries, "c", 3, 2, NOT_RECORDED);
    send(&entries, "d", 4, 1, NOT_RECORDED);
    send(&exits, "d", 6, 1, NOT_RECORDED);
    send(&exits, "a", 9, 0, NOT_RECORDED);
    finish("a(0 b(1 c(2 d(1 d=2 in a) a=8-2) b unwound) c unwound) ");
}
END_TEST

/* b is on another stack: a returns, and then b. */
START_TEST(coroutine)
{
    begin();
    enter("main", 1);
    enter("a", 10);
    enter("b", 11);
    leave("a", 20);
    enter("a", 21);
    leave("b", 25);
    leave("a", 27);
    leave("main", 30);
    finish("main(0 a(1 b(2 a=10 in main) a(1 b=14 resumed) a=6 in main) main=29-16) ");
    ck_assert_uint_eq(counts.resumed, 1);
    ck_assert_uint_eq(counts.ends[CALL_UNWOUND], 0);
}
END_TEST

/* Two coroutines are suspended in the same function: which one returns is not known. */
START_TEST(coroutines_in_one_function)
{
    begin();
    enter("a", 10);
    enter("f", 11);
    leave("a", 12);
    enter("a", 13);
    enter("f", 14);
    leave("a", 15);
    leave("f", 20);
    leave("f", 21);
    finish("a(0 f(1 a=2) a(0 f(1 a=2) f resumed) f resumed) ");
    ck_assert_uint_eq(counts.uncertain, 2);
}
END_TEST

/* f of one stack is suspended in a, f of the other one returns first. Nothing tells so before both
   have returned: from then on no time is taken that may be another's. */
START_TEST(coroutines_take_turns)
{
    begin();
    enter("main", 1);
    for (uint64_t t = 10; t <= 20; t += 10) {
        enter("a", t);
        enter("f", t + 1);
        enter("b", t + 2);
        enter("f", t + 3);
        leave("f", t + 4);
        leave("a", t + 5);
        leave("f", t + 7);
        leave("b", t + 9);
    }
    enter("f", 30);
    leave("f", 31);
    leave("main", 40);
    finish("main(0 a(1 f(2 b(3 f(4 f=1 in b) a=5-1 in main) f-1 resumed) b=7-1 resumed) "
           "a(1 f(2 b(3 f(4 f in b) a=5 in main) f resumed) b=7 resumed) f(1 f=1 in main) "
           "main=39-11) ");
    ck_assert_uint_eq(counts.ambiguous, 1);
    ck_assert_uint_eq(counts.uncertain, 3);
    ck_assert_uint_eq(counts.swapped, 1); /* the first f that seemed to return */
}
END_TEST

/* As above, and it is known from the beginning: no time is another's. Of b no other call is open.
 */
START_TEST(known_to_switch)
{
    ck_assert_int_eq(thread_set_reserve(&switching, 1), 0);
    thread_set_add(&switching, 1, 1);
    begin();
    enter("f", 10); /* of one stack */
    enter("f", 11); /* of another one */
    enter("b", 12);
    leave("f", 15); /* of either */
    enter("f", 16);
    leave("f", 17); /* of any of them */
    leave("b", 18);
    leave("f", 20);
    enter("f", 30);
    leave("f", 31);
    origin.tid = 2; /* a thread that recurs */
    enter("f", 40);
    enter("f", 41);
    leave("f", 42);
    leave("f", 44);
    finish("f(0 f(1 b(2 f in f) f(1 f in f) b=6 resumed) f) f(0 f=1) f(0 f(1 f=1 in f) f=4-1) ");
    ck_assert_uint_eq(counts.uncertain, 3);
    ck_assert_uint_eq(counts.swapped, 0);
    ck_assert(counts.switches_stacks);
}
END_TEST

/* A call that was left by an exception, or is suspended, and one of the same function inside a call
   around it. */
START_TEST(buried_or_open)
{
    begin();
    enter("main", 1);
    enter("g", 2);
    enter("b", 3);
    leave("g", 4);
    leave("b", 5); /* on another stack */
    enter("a", 10);
    enter("f", 11);
    leave("a", 12);
    enter("f", 13);
    leave("f", 14); /* of either */
    leave("f", 15);
    enter("f", 16);
    leave("f", 17);
    finish("main(0 g(1 b(2 g=2 in main) b=2 resumed) a(1 f(2 a=2 in main) f(1 f in main) "
           "f resumed) f(1 f=1 in main) main-5 at end) ");
    ck_assert_uint_eq(counts.uncertain, 2);
}
END_TEST

/* Where stacks are switched, calls of one depth are on each. */
START_TEST(coroutines_of_one_depth)
{
    begin();
    send(&entries, "main", 1, 0, NOT_RECORDED);
    send(&entries, "f", 2, 1, NOT_RECORDED);
    send(&entries, "f", 3, 1, NOT_RECORDED); /* the first one is suspended, or was left */
    send(&exits, "f", 4, 1, NOT_RECORDED);
    send(&exits, "f", 5, 1, NOT_RECORDED); /* it was suspended */
    send(&entries, "f", 6, 1, NOT_RECORDED);
    send(&entries, "f", 7, 1, NOT_RECORDED);
    send(&exits, "f", 8, 1, NOT_RECORDED); /* of either */
    send(&exits, "f", 9, 1, NOT_RECORDED);
    send(&entries, "f", 20, 1, NOT_RECORDED);
    send(&entries, "f", 21, 2, NOT_RECORDED);
    /* The depth at an exit is that of all stacks. */
    send(&exits, "f", 22, 2, NOT_RECORDED);
    send(&exits, "f", 23, 1, NOT_RECORDED);
    finish("main(0 f(1 f(1 f=1 in main) f in main resumed) f(1 f(1 f in main) f in main resumed) "
           "f(1 f(2 f in f) f in main) main-1 at end) ");
    ck_assert_uint_eq(counts.uncertain, 5);
}
END_TEST

/* A depth that no call has: the exit is that of a call whose entry is not there. */
START_TEST(another_depth)
{
    begin();
    send(&entries, "main", 1, 0, NOT_RECORDED);
    send(&entries, "f", 2, 1, NOT_RECORDED);
    send(&exits, "f", 3, 4, NOT_RECORDED);
    finish("main(0 f(1 f in main) main at end) ");
    ck_assert_uint_eq(counts.uncertain, 1);
}
END_TEST

/* f was entered before the recording: its exit is not that of the call inside it. */
START_TEST(entered_before_and_unwound)
{
    begin();
    enter("a", 10);
    enter("f", 11);
    leave("a", 12);
    leave("f", 20);
    finish("a(0 f(1 a=2) f resumed) ");
}
END_TEST

START_TEST(tail_call)
{
    begin();
    enter("a", 10);
    enter("b", 12);
    leave("b", 15);
    leave("a", 15);
    finish("a(0 b(1 b=3 in a) a=5-3 tail) ");
    ck_assert_uint_eq(counts.tail_called, 1);
}
END_TEST

/* b and c are on another stack when the range begins. */
START_TEST(range_of_other_stacks)
{
    enter("main", 1);
    enter("a", 10);
    enter("b", 11);
    enter("c", 12);
    leave("a", 13);
    begin();
    leave("c", 20);
    leave("b", 21);
    finish("before main(0 before b(2 before c(3 c=8 in b resumed) b=10 resumed) "
           "main-3 at end) ");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, unwound);
    tcase_add_test(tests, seen_to_be_unwound);
    tcase_add_test(tests, seen_on_several_stacks);
    tcase_add_test(tests, time_of_unwound_calls);
    tcase_add_test(tests, recursion_is_ambiguous);
    tcase_add_test(tests, recursion_with_depth);
    tcase_add_test(tests, jumped_over_at_an_entry);
    tcase_add_test(tests, coroutine);
    tcase_add_test(tests, coroutines_in_one_function);
    tcase_add_test(tests, coroutines_take_turns);
    tcase_add_test(tests, known_to_switch);
    tcase_add_test(tests, buried_or_open);
    tcase_add_test(tests, coroutines_of_one_depth);
    tcase_add_test(tests, another_depth);
    tcase_add_test(tests, entered_before_and_unwound);
    tcase_add_test(tests, tail_call);
    tcase_add_test(tests, range_of_other_stacks);
}
CHECK_MAIN("paired_stacks", 60, add_tests)
