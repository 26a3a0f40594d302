/* SPDX-License-Identifier: MIT */
/* Spans for a server: the size of requests, and errors. */
#include <errno.h>
#include <stdio.h>

#include "unit/exported_spans.h"

static size_t n_sent, n_requests;

static int take_request(void *data, const char *request, size_t size, size_t n_spans)
{
    (void)data;
    ck_assert_uint_ge(strlen(request), size); /* what is behind it is of longer ones */
    ck_assert_int_eq(request[size - 1], '}');
    ck_assert_uint_le(size, 2 << 20);
    n_sent += n_spans;
    return ++n_requests == 3 ? -ECONNREFUSED : 0;
}

/* Requests have a thousand spans; one that cannot be sent ends the export. */
START_TEST(requests)
{
    n_sent = n_requests = 0;
    start_with((struct export_options){.send = take_request});
    for (uint64_t i = 0; i < 2999; i++)
        leave(enter(0, 0, NULL, 10 * i), 10 * i + 5);
    ck_assert_uint_eq(n_requests, 2);
    ck_assert_uint_eq(n_sent, 2000);
    ck_assert_int_eq(export_end(export), -ECONNREFUSED);
    ck_assert_uint_eq(n_sent, 2999);
}
END_TEST

/* A request is a megabyte, however long texts are, and of any number of modules. */
START_TEST(large_requests)
{
    static char name[300001];
    static char modules[70][12];
    memset(name, 'n', sizeof(name) - 1);
    const struct made_values values = {1, name};
    n_sent = n_requests = 0;
    start_with((struct export_options){.send = take_request});
    for (uint64_t i = 0; i < 4; i++)
        leave(enter_with(0, 0, NULL, 10 * i, &values), 10 * i + 5);
    ck_assert_uint_eq(n_requests, 1);
    ck_assert_uint_eq(n_sent, 4);
    for (unsigned i = 0; i < 70; i++) {
        snprintf(modules[i], sizeof(modules[i]), "module %u", i);
        made_functions[0].module = modules[i];
        leave(enter(0, 0, NULL, 100 + 10 * i), 105 + 10 * i);
    }
    ck_assert_uint_eq(n_requests, 2);
    ck_assert_uint_eq(n_sent, 4 + 64);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, requests);
    tcase_add_test(tests, large_requests);
}
CHECK_MAIN("otlp_requests", 30, add_tests)
