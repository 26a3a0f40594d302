/* SPDX-License-Identifier: MIT */
/* The histogram, compared with all values in order. */
#include "model/histogram.h"

#include <errno.h>

#include "unit/check_main.h"

enum { VALUES = 20000, TRIALS = 60 };

static struct histogram histogram;
static struct histogram_pool pool;

static void setup(void)
{
    histogram = (struct histogram){0};
    pool = (struct histogram_pool){0};
    ck_assert_int_eq(histogram_pool_reserve(&pool, HISTOGRAM_OCTAVES), 0);
}

static void teardown(void)
{
    histogram_pool_free(&pool);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 16;
}

static int compare(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

/* The nearest rank. */
static uint64_t exact_percentile(const uint64_t *sorted, size_t n, unsigned percent)
{
    size_t rank = (n * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static bool is_near(uint64_t value, uint64_t exact)
{
    uint64_t distance = value > exact ? value - exact : exact - value;
    return distance <= exact / 100;
}

START_TEST(is_empty_at_first)
{
    ck_assert_uint_eq(histogram.count, 0);
    ck_assert_uint_eq(histogram_percentile(&histogram, &pool, 50), 0);
    ck_assert_uint_eq(histogram_percentile(&histogram, &pool, 100), 0);
}
END_TEST

START_TEST(one_value_is_exact)
{
    static const uint64_t values[] = {0, 1, 63, 64, 65, 1000, 123456789, UINT64_MAX};
    histogram_add(&histogram, &pool, values[_i]);
    ck_assert_uint_eq(histogram.count, 1);
    ck_assert_uint_eq(histogram.sum, values[_i]);
    ck_assert_uint_eq(histogram.least, values[_i]);
    ck_assert_uint_eq(histogram.largest, values[_i]);
    for (unsigned percent = 1; percent <= 100; percent++)
        ck_assert_uint_eq(histogram_percentile(&histogram, &pool, percent), values[_i]);
}
END_TEST

/* Each power of two, one more and one less. */
START_TEST(limits_of_buckets)
{
    for (unsigned shift = 0; shift < 64; shift++)
        for (int more = -1; more <= 1; more++) {
            uint64_t value = (UINT64_C(1) << shift) + (uint64_t)more;
            if (shift == 0 && more < 0)
                continue;
            struct histogram one = {0};
            struct histogram_pool blocks = {0};
            ck_assert_int_eq(histogram_pool_reserve(&blocks, 3), 0);
            /* The two others keep the value itself from being the least or the largest. */
            histogram_add(&one, &blocks, 0);
            histogram_add(&one, &blocks, value);
            histogram_add(&one, &blocks, UINT64_MAX);
            uint64_t shown = histogram_percentile(&one, &blocks, 50);
            if (!is_near(shown, value))
                ck_abort_msg("%#lx is shown as %#lx", (unsigned long)value, (unsigned long)shown);
            histogram_pool_free(&blocks);
        }
}
END_TEST

/* Durations of several kinds: equal ones, of one power of two, of all. */
static uint64_t random_value(uint64_t *state, unsigned trial)
{
    uint64_t value = next_random(state);
    switch (trial % 4) {
    case 0:
        return value % 5;
    case 1:
        return 10000 + value % 10000;
    case 2:
        return value % (value % 7 ? 2000 : 50000000);
    default:
        return value >> (next_random(state) % 48);
    }
}

START_TEST(does_as_the_sorted_values_do)
{
    static uint64_t values[VALUES];
    uint64_t state = 1 + (uint64_t)_i, sum = 0;
    size_t n = 1 + next_random(&state) % VALUES;
    for (size_t i = 0; i < n; i++) {
        values[i] = random_value(&state, (unsigned)_i);
        sum += values[i];
        histogram_add(&histogram, &pool, values[i]);
    }
    qsort(values, n, sizeof(values[0]), compare);
    ck_assert_uint_eq(histogram.count, n);
    ck_assert_uint_eq(histogram.placed, n);
    ck_assert_uint_eq(histogram.sum, sum);
    ck_assert_uint_eq(histogram.least, values[0]);
    ck_assert_uint_eq(histogram.largest, values[n - 1]);
    for (unsigned percent = 1; percent <= 100; percent++) {
        uint64_t exact = exact_percentile(values, n, percent);
        uint64_t shown = histogram_percentile(&histogram, &pool, percent);
        if (!is_near(shown, exact))
            ck_abort_msg("p%u of %zu values: %lu, not %lu", percent, n, (unsigned long)shown,
                         (unsigned long)exact);
    }
}
END_TEST

/* Values that are divided among several histograms and put together again. */
START_TEST(merges)
{
    struct histogram parts[5] = {{0}}, merged = {0};
    uint64_t state = 7;
    ck_assert_int_eq(histogram_pool_reserve(&pool, 7 * HISTOGRAM_OCTAVES), 0);
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t value = random_value(&state, (unsigned)i);
        histogram_add(&histogram, &pool, value);
        histogram_add(&parts[i % 4], &pool, value); /* the last part is empty */
    }
    for (size_t i = 0; i < 5; i++)
        histogram_merge(&merged, &pool, &parts[i]);
    ck_assert_uint_eq(merged.count, histogram.count);
    ck_assert_uint_eq(merged.placed, histogram.placed);
    ck_assert_uint_eq(merged.sum, histogram.sum);
    ck_assert_uint_eq(merged.least, histogram.least);
    ck_assert_uint_eq(merged.largest, histogram.largest);
    for (unsigned percent = 1; percent <= 100; percent++)
        ck_assert_uint_eq(histogram_percentile(&merged, &pool, percent),
                          histogram_percentile(&histogram, &pool, percent));
}
END_TEST

START_TEST(the_sum_ends_at_the_largest_number)
{
    histogram_add(&histogram, &pool, UINT64_MAX - 1);
    histogram_add(&histogram, &pool, 1);
    ck_assert_uint_eq(histogram.sum, UINT64_MAX);
    histogram_add(&histogram, &pool, 5);
    ck_assert_uint_eq(histogram.sum, UINT64_MAX);
}
END_TEST

/* A pool with two blocks: values of a third power of two have no percentiles. */
START_TEST(a_pool_without_blocks)
{
    struct histogram_pool small = {.capacity = 2};
    small.blocks = calloc(3, sizeof(*small.blocks));
    ck_assert_ptr_nonnull(small.blocks);
    histogram_add(&histogram, &small, 100);
    histogram_add(&histogram, &small, 1000);
    histogram_add(&histogram, &small, 10000);
    histogram_add(&histogram, &small, 101);
    ck_assert_uint_eq(histogram_pool_left(&small), 0);
    ck_assert_uint_eq(histogram.count, 4);
    ck_assert_uint_eq(histogram.placed, 3);
    ck_assert_uint_eq(histogram.sum, 11201);
    ck_assert_uint_eq(histogram.largest, 10000);
    ck_assert(is_near(histogram_percentile(&histogram, &small, 100), 1000));
    histogram_pool_free(&small);
}
END_TEST

/* A pool grows in place of what it holds; blocks keep their counts. */
START_TEST(a_pool_grows)
{
    struct histogram many[200] = {{0}};
    for (size_t i = 0; i < 200; i++) {
        ck_assert_int_eq(histogram_pool_reserve(&pool, 1), 0);
        histogram_add(&many[i], &pool, i);
        histogram_add(&many[i], &pool, i);
    }
    for (size_t i = 0; i < 200; i++) {
        ck_assert_uint_eq(many[i].placed, 2);
        ck_assert_uint_eq(histogram_percentile(&many[i], &pool, 99), i);
    }
    ck_assert_int_eq(histogram_pool_reserve(&pool, HISTOGRAM_BLOCKS_MAX), -E2BIG);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, is_empty_at_first);
    tcase_add_loop_test(tests, one_value_is_exact, 0, 8);
    tcase_add_test(tests, limits_of_buckets);
    tcase_add_loop_test(tests, does_as_the_sorted_values_do, 0, TRIALS);
    tcase_add_test(tests, merges);
    tcase_add_test(tests, the_sum_ends_at_the_largest_number);
    tcase_add_test(tests, a_pool_without_blocks);
    tcase_add_test(tests, a_pool_grows);
}
CHECK_MAIN("histogram", 30, add_tests)
