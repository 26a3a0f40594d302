/* SPDX-License-Identifier: MIT */
/* The pauses between the stops of a program for changes of jumps, by a clock of the test's. */
#include "ptrace/jumps/pacing.h"
#include "unit/check_main.h"

#define MS UINT64_C(1000000)

/* Long after the start of the clock. */
static const uint64_t START = 5000 * MS;

START_TEST(the_first_is_not_awaited)
{
    struct pacing pacing = {0};
    ck_assert_uint_eq(pacing_next(&pacing, 100 * MS), 0);
    ck_assert_uint_eq(pacing_after_last(&pacing, 3), 0);
}
END_TEST

START_TEST(the_pause_is_a_multiple)
{
    struct pacing pacing = {0};
    pacing_note(&pacing, START, START + MS / 2);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 25 * MS);
    ck_assert_uint_eq(pacing_after_last(&pacing, 3), START + 2 * MS);
    pacing_note(&pacing, START + 30 * MS, START + 31 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 80 * MS);
}
END_TEST

/* The next one is expected to take as long as the longest: 2 + 6 + 6 + 6 ms, then 6 + 6 + 6 ms. */
START_TEST(a_second_has_a_budget)
{
    struct pacing pacing = {0};
    pacing_note(&pacing, START, START + 6 * MS);
    pacing_note(&pacing, START + 300 * MS, START + 306 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 600 * MS);
    pacing_note(&pacing, START + 600 * MS, START + 602 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 700 * MS);
    pacing_note(&pacing, START + 700 * MS, START + 701 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 1006 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 5 * MS), START + 1006 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 12 * MS), START + 1306 * MS);
}
END_TEST

START_TEST(long_ones_are_a_second_apart)
{
    struct pacing pacing = {0};
    pacing_note(&pacing, START, START + 18 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 1018 * MS);
    pacing_note(&pacing, START + 1018 * MS, START + 1048 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 1048 * MS + 49 * 30 * MS);
    pacing_note(&pacing, START + 4000 * MS, START + 4001 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 4050 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 20 * MS), START + 5001 * MS);
}
END_TEST

/* A stop that could not wait may begin before the end of another one that is only estimated. */
START_TEST(stops_that_overlap)
{
    struct pacing pacing = {0};
    pacing_note(&pacing, START, START + 12 * MS);
    pacing_note(&pacing, START + 9 * MS, START + 10 * MS);
    ck_assert_uint_eq(pacing_next(&pacing, 0), START + 1012 * MS);
}
END_TEST

/* More stops than are kept count for longer, not less. */
START_TEST(very_many)
{
    struct pacing pacing = {0};
    for (unsigned i = 0; i < 100; i++)
        pacing_note(&pacing, START + i * MS, START + i * MS + MS / 4);
    ck_assert_uint_eq(pacing.n, PACING_STOPS);
    ck_assert_uint_gt(pacing_next(&pacing, 0), START + 1000 * MS);
}
END_TEST

/* ---- any second */

enum { STOPS = 3000 };

static struct pacing_stop stops[STOPS];

static uint64_t part_in(const struct pacing_stop *stop, uint64_t from, uint64_t to)
{
    uint64_t start = stop->end_ns - stop->ns;
    uint64_t low = start > from ? start : from, high = stop->end_ns < to ? stop->end_ns : to;
    return low < high ? high - low : 0;
}

/* How long the program was stopped in the second. */
static uint64_t stopped_in(uint64_t from)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < STOPS; i++)
        sum += part_in(&stops[i], from, from + PACING_WINDOW_NS);
    return sum;
}

/* It is most in a second that begins with a stop, or ends with one. */
START_TEST(any_second)
{
    static const uint64_t most_ms[] = {1, 4, 9, 19};
    struct pacing pacing = {0};
    uint64_t at = START, seed = 1, expected = most_ms[_i] * MS;
    for (size_t i = 0; i < STOPS; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t next = pacing_next(&pacing, expected), ns = 1 + (seed >> 33) % expected;
        /* Some are wanted late. */
        at = next > at ? next : at;
        at += seed >> 62 ? 0 : (seed >> 40) % (300 * MS);
        pacing_note(&pacing, at, at + ns);
        at += ns;
        stops[i] = (struct pacing_stop){at, ns};
    }
    for (size_t i = 0; i < STOPS; i++) {
        ck_assert_uint_le(stopped_in(stops[i].end_ns - stops[i].ns), PACING_BUDGET_NS);
        ck_assert_uint_le(stopped_in(stops[i].end_ns - PACING_WINDOW_NS), PACING_BUDGET_NS);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, the_first_is_not_awaited);
    tcase_add_test(tests, the_pause_is_a_multiple);
    tcase_add_test(tests, a_second_has_a_budget);
    tcase_add_test(tests, long_ones_are_a_second_apart);
    tcase_add_test(tests, stops_that_overlap);
    tcase_add_test(tests, very_many);
    tcase_add_loop_test(tests, any_second, 0, 4);
}

CHECK_MAIN("pacing", 30, add_tests)
