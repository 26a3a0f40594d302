/* SPDX-License-Identifier: MIT */
/* What TRACEPARENT says, and IDs of spans. */
#include <errno.h>

#include "analysis/export/trace_context.h"
#include "unit/check_main.h"

START_TEST(traceparent)
{
    static const char *const wrong[] = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    struct trace_context context = {.parent = 5};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(trace_context_parse(wrong[i], &context) == -EINVAL, "%s", wrong[i]);
    ck_assert_uint_eq(context.parent, 5);
    static const char *const right[] = {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
        "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-more",
    };
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        ck_assert_int_eq(trace_context_parse(right[i], &context), 0);
        ck_assert_uint_eq(context.trace_high, 0x0af7651916cd43dd);
        ck_assert_uint_eq(context.trace_low, 0x8448eb211c80319c);
        ck_assert_uint_eq(context.parent, 0xb7ad6b7169203331);
        ck_assert_uint_eq(context.flags, TRACE_SAMPLED | TRACE_RANDOM);
    }
}
END_TEST

START_TEST(span_ids)
{
    uint64_t any = 0;
    for (uint64_t identity = 0; identity < 1000; identity++) {
        uint64_t id = trace_context_span(identity, 1);
        any |= id;
        ck_assert_uint_ne(id, 0);
        ck_assert_uint_ne(id, trace_context_span(identity, 2));
        ck_assert_uint_ne(id, trace_context_span(identity + 1, 1));
        struct trace_context context = trace_context_new(identity);
        ck_assert(context.trace_high | context.trace_low);
        ck_assert(context.parent == 0 && context.flags == 0);
        /* The number whose ID would be 0, as its sum with what is added to each is. */
        uint64_t zero = -trace_context_new(context.trace_high).trace_low;
        ck_assert_uint_ne(trace_context_span(identity, zero), 0);
        ck_assert_uint_eq(trace_context_span(identity, zero), trace_context_span(identity, 0));
    }
    ck_assert_uint_eq(any, UINT64_MAX);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, traceparent);
    tcase_add_test(tests, span_ids);
}
CHECK_MAIN("trace_context", 30, add_tests)
