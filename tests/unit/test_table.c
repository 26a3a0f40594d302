/* SPDX-License-Identifier: MIT */
/* The hash table, compared with a plain array. */
#include "util/table.h"

#include "unit/check_main.h"

enum { KEYS = 512, STEPS = 200000, PASSES = 300 };

START_TEST(is_empty_at_first)
{
    struct table table = {0};
    size_t at = 0;
    ck_assert_ptr_null(table_get(&table, 1));
    ck_assert_ptr_null(table_remove(&table, 1));
    ck_assert_ptr_null(table_next(&table, &at));
    table_free(&table);
}
END_TEST

/* Similar keys, like addresses and thread IDs; all orders of insertion and removal. */
START_TEST(does_as_an_array_does)
{
    struct table table = {0};
    void *model[KEYS] = {0};
    size_t count = 0;
    bool as_the_array;
    uint64_t state = 42;
    for (int step = 0; step < STEPS; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        size_t i = (size_t)(state >> 33) % KEYS;
        uint64_t key = _i == 0 ? i : 0x7f0000001000u + i * 16;
        if ((state >> 20) & 1) {
            count += model[i] == NULL;
            model[i] = &model[i] + step % 7;
            as_the_array = table_put(&table, key, model[i]) == 0;
        } else {
            count -= model[i] != NULL;
            as_the_array = table_remove(&table, key) == model[i];
            model[i] = NULL;
        }
        /* Each assertion of Check writes to a pipe. */
        if (!as_the_array || table_get(&table, key) != model[i] || table.count != count)
            ck_abort_msg("step %d", step);
    }
    for (size_t i = 0; i < KEYS; i++)
        ck_assert_ptr_eq(table_get(&table, _i == 0 ? i : 0x7f0000001000u + i * 16), model[i]);
    size_t seen = 0;
    for (size_t at = 0; table_next(&table, &at);)
        seen++;
    ck_assert_uint_eq(seen, count);
    table_free(&table);
}
END_TEST

/* As many keys as there was room made for do not move the entries. */
START_TEST(makes_room)
{
    struct table table = {0};
    char value;
    for (size_t n = 1; n < 1000; n += 7) {
        ck_assert_int_eq(table_reserve(&table, n), 0);
        const struct table_entry *entries = table.entries;
        ck_assert_uint_ge(table_room(&table), n);
        size_t count = table.count;
        for (size_t i = 0; i < n; i++)
            ck_assert_int_eq(table_put(&table, count + i, &value), 0);
        ck_assert_ptr_eq(table.entries, entries);
    }
    for (size_t i = 0; i < table.count; i++)
        ck_assert_ptr_eq(table_get(&table, i), &value);
    table_free(&table);
}
END_TEST

/*
 * Keys of one run of entries, also across the end: each is removed during the walk, or others are.
 */
START_TEST(walks_while_values_are_removed)
{
    static char values[KEYS];
    for (size_t first = 1; first <= PASSES; first++) {
        struct table table = {0};
        bool met[KEYS] = {false};
        size_t n = 40, n_met = 0, at = 0;
        for (size_t i = 0; i < n; i++)
            if (table_put(&table, first * 7919 + i * i, &values[i]) < 0)
                ck_abort_msg("out of memory");
        for (char *value; (value = table_next(&table, &at));) {
            size_t i = (size_t)(value - values);
            met[i] = true;
            table_remove(&table, first * 7919 + i * i);
            /* In the second pass also one that comes later or was before. */
            i = (i * 5 + first) % n;
            if (_i == 1 && table_remove(&table, first * 7919 + i * i))
                met[i] = true;
        }
        for (size_t i = 0; i < n; i++)
            n_met += met[i];
        ck_assert_uint_eq(n_met, n);
        ck_assert_uint_eq(table.count, 0);
        table_free(&table);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, is_empty_at_first);
    tcase_add_test(tests, makes_room);
    tcase_add_loop_test(tests, does_as_an_array_does, 0, 2);
    tcase_add_loop_test(tests, walks_while_values_are_removed, 0, 2);
}

CHECK_MAIN("table", 30, add_tests)
