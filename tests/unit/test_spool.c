/* SPDX-License-Identifier: MIT */
/* Texts that grow at the same time are read as they were written, however many there are. */
#include "util/spool.h"

#include <errno.h>
#include <stdio.h>

#include "unit/check_main.h"

enum { MANY = 5000 };

static void expect(const struct spool *spool, uint32_t text, const char *wanted, size_t size)
{
    char *got;
    size_t got_size;
    FILE *stream = open_memstream(&got, &got_size);
    ck_assert_int_eq(spool_copy(spool, text, stream), 0);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_uint_eq(got_size, size);
    ck_assert_mem_eq(got, wanted, size);
    free(got);
}

START_TEST(long_texts)
{
    struct spool *spool;
    char *wanted[2] = {malloc(300000), malloc(300000)};
    size_t size[2] = {0};
    ck_assert_int_eq(spool_new(&spool), 0);
    for (unsigned i = 0; i < 20000; i++) {
        char line[32];
        int length = snprintf(line, sizeof(line), "%u\n", i * 7919);
        unsigned text = i % 3 == 0;
        ck_assert_int_eq(spool_add(spool, text, line, (size_t)length), 0);
        memcpy(wanted[text] + size[text], line, (size_t)length);
        size[text] += (size_t)length;
    }
    expect(spool, 0, wanted[0], size[0]);
    expect(spool, 1, wanted[1], size[1]);
    expect(spool, 2, "", 0);
    free(wanted[0]);
    free(wanted[1]);
    spool_free(spool);
}
END_TEST

/* More than are held in memory. */
START_TEST(many_texts)
{
    struct spool *spool;
    ck_assert_int_eq(spool_new(&spool), 0);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < MANY; i++)
            ck_assert_int_eq(spool_add(spool, i, &i, sizeof(i)), 0);
    for (unsigned i = 0; i < MANY; i++) {
        const unsigned wanted[2] = {i, i};
        expect(spool, i, (const char *)wanted, sizeof(wanted));
    }
    spool_free(spool);
}
END_TEST

START_TEST(no_directory)
{
    struct spool *spool;
    setenv("TMPDIR", "/nonexistent", 1);
    ck_assert_int_eq(spool_new(&spool), -ENOENT);
    ck_assert_ptr_null(spool);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, long_texts);
    tcase_add_test(tests, many_texts);
    tcase_add_test(tests, no_directory);
}
CHECK_MAIN("spool", 30, add_tests)
