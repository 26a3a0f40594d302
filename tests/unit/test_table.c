/* The hash table against a plain array. */
#include "util/table.h"

#include "unit/check_main.h"

enum { KEYS = 512, STEPS = 200000 };

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

/* Keys that differ little, as addresses and thread IDs do; all orders of putting and removing. */
START_TEST(does_as_an_array_does)
{
    struct table table = {0};
    void *model[KEYS] = {0};
    size_t count = 0;
    uint64_t state = 42;
    for (int step = 0; step < STEPS; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        size_t i = (size_t)(state >> 33) % KEYS;
        uint64_t key = _i == 0 ? i : 0x7f0000001000u + i * 16;
        if ((state >> 20) & 1) {
            count += model[i] == NULL;
            model[i] = &model[i] + step % 7;
            ck_assert_int_eq(table_put(&table, key, model[i]), 0);
        } else {
            count -= model[i] != NULL;
            ck_assert_ptr_eq(table_remove(&table, key), model[i]);
            model[i] = NULL;
        }
        ck_assert_ptr_eq(table_get(&table, key), model[i]);
        ck_assert_uint_eq(table.count, count);
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

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, is_empty_at_first);
    tcase_add_loop_test(tests, does_as_an_array_does, 0, 2);
}

CHECK_MAIN("table", 30, add_tests)
