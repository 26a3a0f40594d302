/* SPDX-License-Identifier: MIT */
/* The offset of the clock in the metadata of LTTng's traces. */
#include "cli/lttng_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/check_main.h"

static char directory[64];

static void setup(void)
{
    snprintf(directory, sizeof(directory), "/tmp/lttng_clock.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}

/* Opens the file, and makes the directories of its path. */
static FILE *make(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    for (char *slash = path + strlen(directory) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
}

static char *metadata(long long offset)
{
    char *text = NULL;
    ck_assert_int_gt(asprintf(&text,
                              "/* CTF 1.8 */\ntrace {\n\tmajor = 1;\n};\nclock {\n\tname = "
                              "\"monotonic\";\n\tfreq = 1000000000; /* Frequency, in Hz */\n"
                              "\t/* clock value offset from Epoch is: offset * (1/freq) */\n"
                              "\toffset = %lld;\n};\n",
                              offset),
                     0);
    return text;
}

/* As LTTng writes it: in packets of 4096 bytes, here with `content` bytes of text in each. */
static void put_packets(FILE *file, const char *text, size_t content)
{
    for (size_t length; *text; text += length) {
        char packet[4096] = {0};
        length = strnlen(text, content);
        const uint32_t magic = 0x75D11D57, bits = (uint32_t)(37 + length) * 8, size = 4096 * 8;
        memcpy(packet, &magic, 4);
        memcpy(packet + 24, &bits, 4);
        memcpy(packet + 28, &size, 4);
        memcpy(packet + 37, text, length);
        ck_assert_uint_eq(fwrite(packet, 1, sizeof(packet), file), sizeof(packet));
    }
}

static void put(const char *name, long long offset, size_t content)
{
    FILE *file = make(name);
    char *text = metadata(offset);
    if (content)
        put_packets(file, text, content);
    else
        fputs(text, file);
    free(text);
    fclose(file);
}

static int64_t found(void)
{
    int64_t offset = -1;
    return lttng_clock_offset(directory, &offset) ? offset : 0;
}

START_TEST(nothing_yet)
{
    ck_assert_int_eq(found(), 0);
    fclose(make("ust/uid/0/64-bit/metadata"));
    ck_assert_int_eq(found(), 0);
    FILE *file = make("ust/uid/0/64-bit/metadata");
    fputs("\x57\x1d\xd1\x75 and no more", file);
    fclose(file);
    ck_assert_int_eq(found(), 0);
}
END_TEST

START_TEST(packets)
{
    put("ust/uid/0/64-bit/metadata", 1795958405217315360, 4000);
    ck_assert_int_eq(found(), 1795958405217315360);
    put("ust/uid/0/64-bit/metadata", 1795958405217315361, 20);
    ck_assert_int_eq(found(), 1795958405217315361);
}
END_TEST

START_TEST(text)
{
    put("archives/x/ust/uid/0/64-bit/metadata", 12345, 0);
    ck_assert_int_eq(found(), 12345);
}
END_TEST

START_TEST(of_user_space_only)
{
    put("kernel/metadata", 1, 4000);
    put("in-process-1/metadata", 2, 0);
    ck_assert_int_eq(found(), 0);
}
END_TEST

START_TEST(of_this_process)
{
    char name[128];
    put("ust/pid/other-1-20260101-000000/64-bit/metadata", 1, 4000);
    ck_assert_int_eq(found(), 0);
    snprintf(name, sizeof(name), "ust/pid/tracer-%d-20260101-000000/64-bit/metadata",
             (int)getpid());
    put(name, 2, 4000);
    ck_assert_int_eq(found(), 2);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_yet);
    tcase_add_test(tests, packets);
    tcase_add_test(tests, text);
    tcase_add_test(tests, of_user_space_only);
    tcase_add_test(tests, of_this_process);
}

CHECK_MAIN("LTTng's clock", 20, add_tests)
