/* SPDX-License-Identifier: MIT */
/* Copies of hits that wait until it is known where they are to be recorded. */
#include "cli/pending_hits.h"

#include <stdio.h>
#include <string.h>

#include "unit/check_main.h"

static struct pending_hits pending;

static const struct field fields[] = {
    {.name = "number", .kind = VALUE_INTEGER, .size = 8},
    {.name = "text", .kind = VALUE_STRING, .size = 8},
    {.name = "chars", .kind = VALUE_CHARS, .size = 8},
};
static const struct probe probe = {
    .provider = "p", .function = "f", .n_args = 3, .args = fields, .n_rets = 1, .rets = fields};

static const struct record_place one = {&fields[0], &fields[1]};
static const struct record_place two = {&fields[0], &fields[2]};

static void setup(void)
{
    ck_assert_int_eq(pending_hits_init(&pending, 1 << 20), 0);
}

static void teardown(void)
{
    pending_hits_destroy(&pending);
}

/* Overwritten after each use, as the engine's buffers are. */
static uint64_t values[3];
static char text[64], name[16];

static bool add(struct record_place place, unsigned number, enum hit_kind kind)
{
    snprintf(text, sizeof(text), "text %u", number);
    char *second = text + strlen(text) + 1;
    snprintf(second, 16, "%u", number);
    snprintf(name, sizeof(name), "thread %u", number);
    values[0] = number;
    values[1] = 0;
    values[2] = (uint64_t)(second - text);
    const struct hit hit = {
        .probe = &probe,
        .kind = kind,
        .pid = 1,
        .tid = (pid_t)number,
        .time_ns = 1000 + number,
        .thread_name = number % 5 ? name : NULL,
        .n_values = kind == HIT_ENTRY ? 3 : 1,
        .values = values,
        .text = text,
    };
    bool added = pending_hits_add(&pending, place, number * 2, &hit);
    memset(values, 0x55, sizeof(values));
    memset(text, 'x', sizeof(text) - 1);
    memset(name, 'y', sizeof(name) - 1);
    return added;
}

struct taken {
    unsigned numbers[64];
    size_t n;
};

static void take(void *data, uint32_t event, const struct hit *hit)
{
    struct taken *taken = data;
    unsigned number = (unsigned)hit->values[0];
    char expected[64];
    taken->numbers[taken->n++] = number;
    ck_assert_uint_eq(event, number * 2);
    ck_assert_uint_eq(hit->time_ns, 1000 + number);
    ck_assert_int_eq(hit->tid, (pid_t)number);
    snprintf(expected, sizeof(expected), "thread %u", number);
    if (number % 5)
        ck_assert_str_eq(hit->thread_name, expected);
    else
        ck_assert_ptr_null(hit->thread_name);
    if (hit->kind != HIT_ENTRY)
        return;
    snprintf(expected, sizeof(expected), "text %u", number);
    ck_assert_str_eq(hit->text + hit->values[1], expected);
    snprintf(expected, sizeof(expected), "%u", number);
    ck_assert_str_eq(hit->text + hit->values[2], expected);
}

START_TEST(of_two_places)
{
    struct taken first = {0}, second = {0}, again = {0};
    for (unsigned i = 0; i < 40; i++)
        ck_assert(add(i % 3 ? one : two, i, i % 2 ? HIT_ENTRY : HIT_EXIT));
    pending_hits_take(&pending, &one, take, &first);
    ck_assert_uint_eq(first.n, 26);
    for (size_t i = 0; i < first.n; i++)
        ck_assert_uint_eq(first.numbers[i], i / 2 * 3 + i % 2 + 1);
    pending_hits_take(&pending, &one, take, &again);
    ck_assert_uint_eq(again.n, 0);
    pending_hits_take(&pending, &two, take, &second);
    ck_assert_uint_eq(second.n, 14);
    for (size_t i = 0; i < second.n; i++)
        ck_assert_uint_eq(second.numbers[i], i * 3);
    ck_assert_uint_eq(pending.used, 0);
}
END_TEST

/* A session of the same address as an earlier one is another place. */
START_TEST(session_and_channel_tell_places_apart)
{
    const struct record_place other = {&fields[2], one.channel};
    struct taken taken = {0};
    ck_assert(add(one, 1, HIT_ENTRY));
    pending_hits_take(&pending, &other, take, &taken);
    ck_assert_uint_eq(taken.n, 0);
    pending_hits_take(&pending, &one, take, &taken);
    ck_assert_uint_eq(taken.n, 1);
}
END_TEST

static void count(void *data, uint32_t event, const struct hit *hit)
{
    (void)event;
    (void)hit;
    ++*(size_t *)data;
}

START_TEST(full)
{
    for (int round = 0; round < 3; round++) {
        size_t added = 0, taken = 0;
        while (add(one, 7, HIT_ENTRY))
            added++;
        ck_assert_uint_gt(added, 1000);
        ck_assert(!add(two, 8, HIT_ENTRY));
        pending_hits_take(&pending, &one, count, &taken);
        ck_assert_uint_eq(taken, added);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, of_two_places);
    tcase_add_test(tests, session_and_channel_tell_places_apart);
    tcase_add_test(tests, full);
}

CHECK_MAIN("pending hits", 20, add_tests)
