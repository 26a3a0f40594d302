/* SPDX-License-Identifier: MIT */
/* The data in a page of --to=html. tests/e2e/test_export_page.sh has a browser read it. */
#include <stdio.h>
#include <zlib.h>

#include "analysis/export/formats.h"
#include "analysis/export/html/deflated.h"
#include "analysis/export/html/kept_calls.h"
#include "unit/analysis_calls.h"

static struct export *export;
static char *page;
static size_t page_size;
static unsigned char block[1 << 16];

static struct source_line source_of(void *data, const struct traced_function *function)
{
    (void)data;
    return function->id == 0 ? (struct source_line){"/src/</script>.c", 12}
                             : (struct source_line){0};
}

static FILE *start(void)
{
    FILE *stream = open_memstream(&page, &page_size);
    ck_assert_ptr_nonnull(stream);
    const struct export_options options = {.stream = stream,
                                           .version = "1.0",
                                           .name = "</script>",
                                           .command = "ptrace_tracer <b>",
                                           .source_of = source_of};
    export = export_new(export_format_of("html"), &options);
    ck_assert_ptr_nonnull(export);
    ck_assert_int_eq(export_begin(export), 0);
    made_setup(export_visitor(export));
    return stream;
}

static void teardown(void)
{
    export_free(export);
    export = NULL;
    free(page);
    page = NULL;
}

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The bytes of a block of the page. */
static size_t read_block(const char *id)
{
    char tag[80];
    static unsigned char packed[1 << 16];
    uLongf size = sizeof(block) - 1;
    size_t n = 0;
    unsigned bits = 0;
    snprintf(tag, sizeof(tag), "<script type=\"text/plain\" id=\"%s\">", id);
    const char *at = strstr(page, tag);
    ck_assert_ptr_nonnull(at);
    at += strlen(tag);
    for (int i = 0; digit_of(at[i]) >= 0; i++) {
        bits = bits << 6 | (unsigned)digit_of(at[i]);
        if (i % 4)
            packed[n++] = (unsigned char)(bits >> (6 - i % 4 * 2));
    }
    ck_assert_int_eq(uncompress(block, &size, packed, n), Z_OK);
    block[size] = '\0';
    return size;
}

static void expect_bytes(const char *id, const void *wanted, size_t n)
{
    ck_assert_uint_eq(read_block(id), n);
    ck_assert_mem_eq(block, wanted, n);
}

static void finish(FILE *stream)
{
    ck_assert_int_eq(export_end(export), 0);
    ck_assert_int_eq(fclose(stream), 0);
}

/* a calls b, which returns, and b again, which is left by an exception. f has an exit only. */
static void some_calls(void)
{
    struct call *a = enter(0, 0, NULL, 1000);
    leave_with(enter(0, 1, a, 1010), 1030, -1);
    const struct trace_gap gap = {.begin_ns = 1040, .end_ns = 1050, .n_events = 3};
    ck_assert_int_eq(made_visitor.gap(made_visitor.data, &gap), 0);
    struct call *b = enter(0, 1, a, 1070);
    exit_alone(1, 5, 1080, 0);
    leave(a, 1100);
    b->parent = NULL;
    unwind(b, 1100);
}

START_TEST(columns)
{
    FILE *stream = start();
    some_calls();
    finish(stream);
    /* b, the exit of f, b again, a: bits, thread, function, depth. */
    static const unsigned char kinds[] = {
        KEPT_THREAD | KEPT_ARGUMENTS | KEPT_RESULTS,
        0,
        0,
        2, /* b: function 0 */
        0x8a,
        KEPT_NO_ENTRY << KEPT_END_SHIFT >> 7,
        1,
        1,
        0, /* f: its bits are above 127 */
        KEPT_THREAD | KEPT_ARGUMENTS | KEPT_UNWOUND << KEPT_END_SHIFT,
        0,
        0,
        0,
        KEPT_ARGUMENTS | KEPT_RESULTS,
        2,
        1, /* a */
    };
    expect_bytes("block-kinds", kinds, sizeof(kinds));
    /* The beginning, less the end of the last one of the thread, and the length. */
    static const unsigned char times[] = {20, 20, 0xa0, 1, 0, 80, 0, 0x8b, 1, 100};
    expect_bytes("block-times", times, sizeof(times));
    static const char values[] =
        "{\"size\": 64, \"name\": \"x\"}\n{\"retval\": -1}\n{\"retval\": 7}\n"
        "{\"size\": 64, \"name\": \"x\"}\n"
        "{\"size\": 64, \"name\": \"x\"}\n{\"retval\": 0}\n";
    expect_bytes("block-texts", values, strlen(values));
}
END_TEST

START_TEST(facts)
{
    FILE *stream = start();
    some_calls();
    finish(stream);
    read_block("block-facts");
    ck_assert_str_eq(
        (char *)block,
        "{\"begin_ns\":\"1000\",\"net\":false,\n\"version\":\"1.0\",\n\"trace\":\"</script>\",\n"
        "\"command\":\"ptrace_tracer <b>\",\n\"n_calls\":4,\n"
        "\"timeline\":{\"calls\":4,\"grouped\":0,\"groups\":0,\"shorter_ns\":0,"
        "\"without_texts\":0},\n\"paths\":{\"count\":2,\"min_ns\":0},\n"
        "\"functions\":[\n[\"app\",\"b\"],\n[\"lib\",\"f\"],\n[\"app\",\"a\","
        "\"/src/</script>.c\",12]],\n"
        "\"threads\":[\n[100,100,\"\"],\n[100,101,\"worker\"]],\n"
        "\"more_gaps\":0,\"gaps\":[\n[40,50,3,0,0]],\n\"has_cpu\":false,\"rows\":[\n"
        "[\"app:a\",1,100,80,100,100,100,100,null,null],\n"
        "[\"app:b\",2,20,20,20,20,20,20,null,null],\n"
        "[\"lib:f\",1,null,null,null,null,null,null,null,null]]}");
    read_block("block-names");
    ck_assert_str_eq((char *)block, "\"app:a\"\n\"app:b\"\n");
    /* depth, name, calls, returned, total, self, weight */
    static const unsigned char paths[] = {1,   0, 1, 1, 0xc8, 1,  0xa0, 1,
                                          100, 2, 1, 2, 1,    40, 40,   20};
    expect_bytes("block-paths", paths, sizeof(paths));
    /* Nothing of the trace stands in the page as it is. */
    ck_assert_ptr_null(strstr(page, "<b>"));
    ck_assert_ptr_null(strstr(page, "worker"));
    ck_assert_str_eq(export->limits[0], "");
}
END_TEST

/* ---- limits ---- */

static struct kept_calls *calls;
static struct kept_counts counts;
static char *columns_text[3];
static size_t columns_size[3];

static void add_call(uint64_t begin_ns, uint64_t length_ns, const char *arguments)
{
    static struct export_thread thread;
    const struct exported_call call = {.thread = &thread,
                                       .begin_ns = begin_ns,
                                       .end = CALL_RETURNED,
                                       .has_duration = true,
                                       .arguments = arguments};
    if (kept_calls_enter(calls, &call) < 0 ||
        kept_calls_leave(calls, &call, 3, begin_ns + length_ns, (int64_t)length_ns, NULL) < 0)
        ck_abort_msg("not taken");
}

static void write_columns(uint64_t texts_size)
{
    FILE *streams[3];
    for (int i = 0; i < 3; i++)
        streams[i] = open_memstream(&columns_text[i], &columns_size[i]);
    const struct kept_columns to = {streams[0], streams[1], streams[2], &texts_size};
    ck_assert_int_eq(kept_calls_write(calls, &to, &counts), 0);
    for (int i = 0; i < 3; i++)
        fclose(streams[i]);
}

static void release_columns(void)
{
    kept_calls_free(calls);
    for (int i = 0; i < 3; i++)
        free(columns_text[i]);
}

/* More calls than there is room for: the longest by themselves, those between them in groups. */
START_TEST(longest)
{
    enum { SHORT = 1000, EACH = 4 };
    uint64_t now_ns = 0;
    ck_assert_int_eq(kept_calls_new(&calls), 0);
    for (uint64_t i = 0; i < HTML_CALLS_MAX + SHORT; i++) {
        bool is_short = i < SHORT * EACH && i % EACH != 0;
        add_call(now_ns, is_short ? 10 : 1000, "{}");
        now_ns += 1000;
    }
    write_columns(0);
    ck_assert_uint_eq(counts.calls, HTML_CALLS_MAX);
    ck_assert_uint_eq(counts.grouped, SHORT);
    ck_assert_uint_eq(counts.shorter_ns, 10);
    /* The short calls that fit are by themselves, the last ones are not. */
    ck_assert_uint_eq(counts.groups, (SHORT + EACH - 2) / (EACH - 1));
    ck_assert_uint_eq(counts.without_texts, 0);
    release_columns();
}
END_TEST

START_TEST(texts)
{
    ck_assert_int_eq(kept_calls_new(&calls), 0);
    add_call(0, 5, "{\"a\": 1}");
    add_call(10, 5, NULL);
    write_columns(HTML_TEXTS_MAX);
    ck_assert_uint_eq(counts.calls, 2);
    ck_assert_uint_eq(counts.without_texts, 1);
    ck_assert_uint_eq(columns_size[2], 0);
    release_columns();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, columns);
    tcase_add_test(tests, facts);
    tcase_add_test(tests, longest);
    tcase_add_test(tests, texts);
}
CHECK_MAIN("export_html", 30, add_tests)
