/* SPDX-License-Identifier: MIT */
/* Entries and exits to calls: events that a test writes down, and the calls that come of them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/call_pairing.h"
#include "analysis/thread_table.h"
#include "unit/check_main.h"

enum { NOT_RECORDED = -1 };

/* The events have the extra fields depth and duration, or not. */
static struct event_layout entries = {.kind = HIT_ENTRY}, exits = {.kind = HIT_EXIT};
static uint64_t event_depth, event_duration;

static struct function_table *functions;
static struct call_pairing *pairing;
static struct call_counts counts;
static struct event_origin origin;
static char seen[4096];

static uint64_t value(const struct trace_event *event, size_t i, const char **text)
{
    *text = NULL;
    return event->layout->extras[EXTRA_DEPTH] == (int)i ? event_depth : event_duration;
}

PRINTF_LIKE(1, 2) static void note(const char *format, ...)
{
    size_t length = strlen(seen);
    va_list args;
    va_start(args, format);
    vsnprintf(seen + length, sizeof(seen) - length, format, args);
    va_end(args);
}

static int entered(void *data, struct call *call, const struct trace_event *event)
{
    ck_assert_ptr_null(data);
    ck_assert_uint_eq(*(char *)call->data, 0);
    *(char *)call->data = 1;
    note("%s%s(%u ", call->before_range ? "before " : "", call->function->name, call->depth);
    ck_assert(call->before_range == !event);
    return 0;
}

static int left(void *data, struct call *call, const struct trace_event *event)
{
    static const char *const ends[] = {"open",     "returned", "unwound",  "lost",
                                       "replaced", "at end",   "no exits", "no thread"};
    ck_assert_ptr_null(data);
    ck_assert_uint_eq(*(char *)call->data, 1);
    ck_assert((call->end == CALL_RETURNED) == (event != NULL));
    note("%s", call->function->name);
    if (call->has_duration)
        note("=%d", (int)call->duration_ns);
    if (call->child_ns)
        note("-%d", (int)call->child_ns);
    if (call->end != CALL_RETURNED)
        note(" %s", ends[call->end]);
    if (call->parent)
        note(" in %s", call->parent->function->name);
    note("%s%s) ", call->resumed ? " resumed" : "", call->tail_called ? " tail" : "");
    return 0;
}

static int lone_exit(void *data, struct traced_thread *thread, const struct trace_event *event,
                     uint32_t depth, const uint64_t *duration_ns)
{
    ck_assert_ptr_null(data);
    ck_assert_int_eq(thread->tid, thread_is_known(&origin) ? origin.tid : 0);
    note("lone %s %u", event->function->name, depth);
    if (duration_ns)
        note("=%d", (int)*duration_ns);
    note(" ");
    return 0;
}

static int gap(void *data, const struct trace_gap *lost)
{
    ck_assert_ptr_null(data);
    note("gap %d ", (int)lost->n_events);
    return 0;
}

static const struct call_visitor visitor = {
    .call_size = 1, .entered = entered, .left = left, .lone_exit = lone_exit, .gap = gap};

static void setup(void)
{
    functions = function_table_new(NULL, NULL);
    pairing = call_pairing_new(&visitor, &counts);
    ck_assert(functions && pairing);
    for (int i = 0; i < PROBE_EXTRAS_MAX; i++)
        entries.extras[i] = exits.extras[i] = -1;
    entries.value = exits.value = value;
    origin = (struct event_origin){.pid = 1, .tid = 1, .thread_name = "t"};
}

static void begin(void)
{
    ck_assert_int_eq(call_pairing_begin_range(pairing), 0);
}

static void teardown(void)
{
    call_pairing_free(pairing);
    function_table_free(functions);
}

/* Check writes a message for each assertion, to a file: a million of them may fill /tmp. */
static void send(struct event_layout *layout, const char *name, uint64_t time, int depth,
                 int duration)
{
    struct trace_event event = {.layout = layout, .time_ns = time};
    event.function = function_table_intern(functions, "m", name, FUNCTION_BY_NAME);
    if (!event.function)
        ck_abort_msg("no function %s", name);
    if (strcmp(name, "entry_only") != 0)
        event.function->has_exits = true;
    layout->extras[EXTRA_DEPTH] = depth == NOT_RECORDED ? -1 : 0;
    layout->extras[EXTRA_DURATION] = duration == NOT_RECORDED ? -1 : 1;
    event_depth = (uint64_t)depth;
    event_duration = (uint64_t)duration;
    int r = call_pairing_event(pairing, &event, &origin);
    if (r != 0)
        ck_abort_msg("%s at %lu: %d", name, (unsigned long)time, r);
}

static void enter(const char *name, uint64_t time)
{
    send(&entries, name, time, NOT_RECORDED, NOT_RECORDED);
}

static void leave(const char *name, uint64_t time)
{
    send(&exits, name, time, NOT_RECORDED, NOT_RECORDED);
}

static void lose(uint64_t from, uint64_t to)
{
    const struct trace_gap lost = {.begin_ns = from, .end_ns = to, .n_events = 5};
    ck_assert_int_eq(call_pairing_gap(pairing, &lost, origin.trace), 0);
}

/* The session may have been stopped. */
static void pause_until(uint64_t from, uint64_t to)
{
    const struct trace_gap paused = {.begin_ns = from, .end_ns = to, .is_pause = true};
    ck_assert_int_eq(call_pairing_gap(pairing, &paused, origin.trace), 0);
}

static void finish(const char *expected)
{
    ck_assert_int_eq(call_pairing_finish(pairing, 1000), 0);
    ck_assert_str_eq(seen, expected);
    uint64_t ended = 0;
    for (int i = 0; i < CALL_ENDS; i++)
        ended += counts.ends[i];
    ck_assert_uint_eq(ended, counts.calls);
}

START_TEST(nested)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    leave("b", 13);
    enter("b", 14);
    leave("b", 18);
    leave("a", 20);
    finish("a(0 b(1 b=2 in a) b(1 b=4 in a) a=10-6) ");
    ck_assert_uint_eq(counts.ends[CALL_RETURNED], 3);
}
END_TEST

START_TEST(threads_apart)
{
    begin();
    enter("a", 10);
    origin.tid = 2;
    enter("a", 11);
    origin.pid = 2;
    enter("a", 12);
    origin = (struct event_origin){.pid = 1, .tid = 1, .host = 1, .thread_name = ""};
    enter("a", 13);
    origin = (struct event_origin){.pid = 1, .tid = 1, .thread_name = ""};
    leave("a", 20);
    origin.tid = 2;
    leave("a", 31);
    origin.pid = 2;
    leave("a", 42);
    origin = (struct event_origin){.pid = 1, .tid = 1, .host = 1, .thread_name = ""};
    leave("a", 53);
    finish("a(0 a(0 a(0 a(0 a=10) a=20) a=30) a=40) ");
}
END_TEST

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

START_TEST(duration_decides)
{
    begin();
    send(&entries, "f", 10000, NOT_RECORDED, NOT_RECORDED);
    send(&entries, "f", 50000, NOT_RECORDED, NOT_RECORDED);
    send(&exits, "f", 90000, NOT_RECORDED, 80001);
    finish("f(0 f(1 f=80001) f unwound) ");
}
END_TEST

/* A recorded duration is taken as it is, also where the events' times differ. */
START_TEST(recorded_duration)
{
    begin();
    send(&entries, "f", 100, NOT_RECORDED, NOT_RECORDED);
    send(&exits, "f", 200, NOT_RECORDED, 42);
    send(&exits, "g", 300, 3, 43);
    finish("f(0 f=42) lone g 3=43 ");
}
END_TEST

/* A recorded duration of 0: the tracer has missed hits, and knows of none. */
START_TEST(recorded_as_unknown)
{
    begin();
    send(&entries, "f", 100, NOT_RECORDED, NOT_RECORDED);
    send(&exits, "f", 200, NOT_RECORDED, 0);
    finish("f(0 f) ");
    ck_assert_uint_eq(counts.no_duration, 1);
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
    send(&exits, "f", 22, 1, NOT_RECORDED); /* the outer one */
    send(&exits, "f", 23, 2, NOT_RECORDED); /* the inner one */
    finish("main(0 f(1 f(1 f=1 in main) f in main resumed) f(1 f(1 f in main) f in main resumed) "
           "f(1 f(2 f=2 in main) f=2 resumed) main-3 at end) ");
    ck_assert_uint_eq(counts.uncertain, 3);
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

/* Between an entry and an exit after a stop others may have been. */
START_TEST(stopped_session)
{
    begin();
    enter("main", 1);
    enter("f", 10);
    enter("g", 11);
    pause_until(12, 20);
    leave("f", 20);
    enter("f", 20);
    leave("f", 22);
    leave("h", 23);
    send(&entries, "d", 24, NOT_RECORDED, NOT_RECORDED);
    pause_until(25, 26);
    send(&exits, "d", 27, NOT_RECORDED, 2);
    leave("main", 30);
    finish("main(0 f(1 g(2 gap 0 f in main) f(1 f=2 in main) lone h 1 d(1 gap 0 d=2 in main) "
           "main-4) g lost) ");
    ck_assert_uint_eq(counts.paused, 2);
    ck_assert_uint_eq(counts.pauses, 2);
    ck_assert_uint_eq(counts.no_duration, 0);
    ck_assert_uint_eq(counts.gaps, 0);
    ck_assert_uint_eq(counts.lost_entries, 1);
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

START_TEST(attached_midway)
{
    begin();
    leave("c", 10);
    enter("d", 11);
    leave("d", 12);
    leave("b", 13);
    finish("lone c 0 d(0 d=1) lone b 0 ");
    ck_assert_uint_eq(counts.lone_exits, 2);
    ck_assert_uint_eq(counts.lost_entries, 0);
}
END_TEST

/* Of a call that was open while events were lost, no time is known: the exit may be another's. */
START_TEST(losses)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    lose(12, 14);
    leave("b", 15);
    enter("c", 16);
    leave("c", 18);
    leave("d", 19);
    enter("e", 20);
    leave("a", 21);
    finish("a(0 b(1 gap 5 b in a) c(1 c=2 in a) lone d 1 e(1 a-2) e unwound) ");
    ck_assert_uint_eq(counts.no_duration, 2);
    ck_assert_uint_eq(counts.lost_entries, 1);
    ck_assert_uint_eq(counts.lone_exits, 0);
    ck_assert_uint_eq(counts.lost_events, 5);
}
END_TEST

START_TEST(exit_lost)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    lose(12, 14);
    leave("a", 21);
    finish("a(0 b(1 gap 5 b lost in a) a) ");
}
END_TEST

/* Events of another trace are not lost. */
START_TEST(losses_of_another_trace)
{
    begin();
    enter("a", 10);
    origin.trace = 3;
    lose(12, 14);
    origin.trace = 0;
    leave("a", 21);
    finish("a(0 gap 5 a=11) ");
}
END_TEST

/* An entry in the middle of a loss, as the trace tells its end. */
START_TEST(inside_a_loss)
{
    begin();
    lose(10, 20);
    enter("a", 15);
    leave("a", 16);
    enter("a", 21);
    leave("a", 22);
    finish("gap 5 a(0 a) a(0 a=1) ");
}
END_TEST

START_TEST(another_program)
{
    begin();
    enter("main", 10);
    enter("run", 11);
    struct trace_event event = {.layout = &entries, .time_ns = 20};
    event.function = function_table_intern(functions, "n", "main", FUNCTION_BY_NAME);
    event.function->has_exits = true;
    ck_assert_int_eq(call_pairing_event(pairing, &event, &origin), 0);
    finish("main(0 run(1 run replaced in main) main replaced) main(0 main at end) ");
}
END_TEST

START_TEST(replaced)
{
    begin();
    enter("a", 10);
    origin.tid = 2;
    enter("b", 11);
    origin.pid = 2;
    enter("c", 12);
    origin.pid = 1;
    ck_assert_int_eq(call_pairing_replaced(pairing, &origin, 20), 0);
    ck_assert_uint_eq(counts.ends[CALL_REPLACED], 2);
    ck_assert_int_eq(call_pairing_finish(pairing, 30), 0);
    ck_assert_uint_eq(counts.ends[CALL_AT_END], 1);
}
END_TEST

START_TEST(without_exits)
{
    begin();
    enter("a", 10);
    enter("entry_only", 11);
    enter("entry_only", 12);
    leave("a", 20);
    finish("a(0 entry_only(1 entry_only no exits in a) entry_only(1 entry_only no exits in a) "
           "a=10) ");
}
END_TEST

START_TEST(without_thread)
{
    begin();
    origin.tid = 0;
    enter("a", 10);
    leave("a", 12);
    finish("a(0 a no thread) lone a 0 ");
    ck_assert_uint_eq(counts.without_tid, 2);
    ck_assert_uint_eq(counts.lone_exits, 0);
}
END_TEST

/* IDs that no kernel gives. */
START_TEST(impossible_threads)
{
    begin();
    origin.tid = -5;
    enter("a", 10);
    origin.tid = 1 << 30;
    enter("a", 11);
    origin.tid = 1;
    origin.pid = -1;
    leave("a", 12);
    finish("a(0 a no thread) a(0 a no thread) lone a 0 ");
}
END_TEST

START_TEST(range)
{
    enter("a", 10);
    enter("b", 11);
    leave("b", 12);
    enter("b", 13);
    begin();
    leave("b", 20);
    enter("c", 21);
    finish("before a(0 before b(1 b=7 in a) c(1 c at end in a) a-8 at end) ");
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

/* An exit that does not tell its function. */
START_TEST(exit_without_address)
{
    begin();
    enter("a", 10);
    function_table_at(functions, 0)->origin = FUNCTION_BY_ADDRESS;
    struct trace_event event = {.layout = &exits, .time_ns = 20};
    exits.extras[EXTRA_DEPTH] = exits.extras[EXTRA_DURATION] = -1;
    ck_assert_int_eq(call_pairing_event(pairing, &event, &origin), 0);
    ck_assert_int_eq(call_pairing_event(pairing, &event, &origin), 0);
    finish("a(0 a=10) ");
    ck_assert_uint_eq(counts.lone_exits, 1);
}
END_TEST

/* However often calls are left without an exit, and however deep they are. */
START_TEST(bounded)
{
    static const struct call_visitor nobody = {0};
    call_pairing_free(pairing);
    pairing = call_pairing_new(&nobody, &counts);
    begin();
    enter("a", 1);
    for (uint64_t i = 0; i < 10000; i++) {
        enter("b", i);
        enter("c", i);
        leave("b", i + 1);
    }
    ck_assert_uint_eq(counts.ends[CALL_UNWOUND], 10000 - 1024);
    for (uint64_t i = 0; i < (1 << 20) + 10; i++)
        enter("d", i);
    ck_assert_uint_eq(counts.too_deep, 1 << 20);
    ck_assert_uint_eq(counts.ends[CALL_LOST], 1 << 20);
    for (int i = 1; i < 20000; i++) {
        origin.tid = i;
        enter("b", 1);
        leave("b", 2);
    }
    ck_assert_int_eq(call_pairing_finish(pairing, 1), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nested);
    tcase_add_test(tests, threads_apart);
    tcase_add_test(tests, unwound);
    tcase_add_test(tests, time_of_unwound_calls);
    tcase_add_test(tests, recursion_is_ambiguous);
    tcase_add_test(tests, recursion_with_depth);
    tcase_add_test(tests, jumped_over_at_an_entry);
    tcase_add_test(tests, duration_decides);
    tcase_add_test(tests, recorded_duration);
    tcase_add_test(tests, recorded_as_unknown);
    tcase_add_test(tests, coroutine);
    tcase_add_test(tests, coroutines_in_one_function);
    tcase_add_test(tests, coroutines_take_turns);
    tcase_add_test(tests, buried_or_open);
    tcase_add_test(tests, coroutines_of_one_depth);
    tcase_add_test(tests, another_depth);
    tcase_add_test(tests, entered_before_and_unwound);
    tcase_add_test(tests, stopped_session);
    tcase_add_test(tests, tail_call);
    tcase_add_test(tests, attached_midway);
    tcase_add_test(tests, losses);
    tcase_add_test(tests, exit_lost);
    tcase_add_test(tests, losses_of_another_trace);
    tcase_add_test(tests, inside_a_loss);
    tcase_add_test(tests, another_program);
    tcase_add_test(tests, replaced);
    tcase_add_test(tests, without_exits);
    tcase_add_test(tests, without_thread);
    tcase_add_test(tests, impossible_threads);
    tcase_add_test(tests, range);
    tcase_add_test(tests, range_of_other_stacks);
    tcase_add_test(tests, exit_without_address);
    tcase_add_test(tests, bounded);
}
CHECK_MAIN("call_pairing", 60, add_tests)
