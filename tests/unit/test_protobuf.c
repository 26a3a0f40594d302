/* SPDX-License-Identifier: MIT */
/* Messages of Protocol Buffers, byte by byte: the examples of protobuf.dev, "Encoding", and limits.
 */
#include "util/protobuf.h"

#include "unit/check_main.h"

static void expect(struct protobuf *message, const char *wanted, size_t size)
{
    ck_assert(!protobuf_failed(message));
    ck_assert_uint_eq(message->bytes.count, size);
    ck_assert_mem_eq(message->bytes.items, wanted, size);
    protobuf_clear(message);
}

START_TEST(fields)
{
    struct protobuf message = {0}, inner = {0};
    protobuf_add_number(&message, 1, 150);
    expect(&message, "\x08\x96\x01", 3);
    protobuf_add_text(&message, 2, "testing");
    expect(&message, "\x12\x07testing", 9);
    protobuf_add_number(&inner, 1, 150);
    protobuf_add_message(&message, 3, &inner);
    expect(&message, "\x1a\x03\x08\x96\x01", 5);
    protobuf_clear(&inner);
    protobuf_add_message(&message, 3, &inner);
    expect(&message, "\x1a\x00", 2);
    protobuf_add_number(&message, 2, (uint64_t)INT64_C(-2));
    expect(&message, "\x10\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    protobuf_add_number(&message, 60, 0);
    expect(&message, "\xe0\x03\x00", 3);
    protobuf_add_double(&message, 5, -1.5);
    expect(&message, "\x29\x00\x00\x00\x00\x00\x00\xf8\xbf", 9);
    protobuf_add_text(&message, 6, "\xc3\xa4\xff\n");
    expect(&message, "\x32\x0a\xc3\xa4\\xff\\x0a", 12);
    protobuf_add_text(&message, 6, "");
    expect(&message, "\x32\x00", 2);
    protobuf_free(&message);
    protobuf_free(&inner);
}
END_TEST

START_TEST(written)
{
    struct protobuf message = {0};
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    protobuf_write(&message, 1, stream);
    protobuf_add_number(&message, 1, 1);
    protobuf_write(&message, 1, stream);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_uint_eq(size, 6);
    ck_assert_mem_eq(text, "\x0a\x00\x0a\x02\x08\x01", 6);
    free(text);
    protobuf_free(&message);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, fields);
    tcase_add_test(tests, written);
}
CHECK_MAIN("protobuf", 10, add_tests)
