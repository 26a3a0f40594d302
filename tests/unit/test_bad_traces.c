/* SPDX-License-Identifier: MIT */
/* What is no trace, or a damaged one, or one of something else: what the reader says. */
#include "unit/read_traces.h"

/* ---- what cannot be read ---- */

static void write_file(const char *name, const char *text, size_t length)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/%s", path, name);
    FILE *stream = fopen(file, "w");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(text, 1, length, stream), length);
    fclose(stream);
}

START_TEST(not_there)
{
    expect_failure("/nonexistent/trace", -ENOENT, "cannot read /nonexistent/trace: No such file");
    expect_failure("/dev/null", -ENOTDIR, "/dev/null is not a directory");
    expect_failure(directory, -ENODATA, "there is no trace in");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    char fifo[256];
    snprintf(fifo, sizeof(fifo), "%s/metadata", path);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    expect_failure(directory, -ENODATA, "there is no trace in");
}
END_TEST

START_TEST(damaged_metadata)
{
    static const unsigned char packets[64] = {0x57, 0x1d, 0xd1, 0x75};
    unsigned char wrong[64];
    ck_assert_int_eq(mkdir(path, 0700), 0);
    write_file("metadata", "", 0);
    expect_failure(directory, -EIO, "metadata: it is empty");
    write_file("metadata", "/* C", 4);
    expect_failure(directory, -EIO, "metadata: it is cut");
    write_file("metadata", "what is this?", 13);
    expect_failure(directory, -EIO, "metadata: it is no metadata of CTF 1.8");
    write_file("metadata", "/* CTF 1.8 */ trace { major", 27);
    expect_failure(directory, -EIO, "/metadata: it is cut or damaged");
    /* Packets of the size 0, longer than the file, and with less content than their header. */
    write_file("metadata", (const char *)packets, sizeof(packets));
    expect_failure(directory, -EIO, "metadata: it is cut or damaged");
    memcpy(wrong, packets, sizeof(wrong));
    wrong[25] = wrong[29] = 0x10;
    write_file("metadata", (const char *)wrong, sizeof(wrong));
    expect_failure(directory, -EIO, "metadata: it is cut or damaged");
    memcpy(wrong, packets, sizeof(wrong));
    wrong[24] = 8, wrong[29] = 2;
    write_file("metadata", (const char *)wrong, sizeof(wrong));
    expect_failure(directory, -EIO, "metadata: it is cut or damaged");
}
END_TEST

/* Finds a stream's file of the trace. */
static void stream_file(char *file, size_t size)
{
    for (int cpu = 0; cpu < 4096; cpu++) {
        snprintf(file, size, "%s/channel0_%d", path, cpu);
        if (access(file, F_OK) == 0)
            return;
    }
    ck_abort_msg("there is no stream in %s", path);
}

START_TEST(cut_stream)
{
    char file[256];
    make_trace(3);
    record_calls();
    close_trace();
    stream_file(file, sizeof(file));
    for (off_t size = 100; size > 0; size -= 90) {
        ck_assert_int_eq(truncate(file, size), 0);
        expect_failure(directory, -EIO, "it is cut or damaged");
        ck_assert_ptr_null(strstr(error.text, "User function"));
    }
}
END_TEST

/* libbabeltrace2 would look for packets behind it for ever. */
START_TEST(packet_without_size)
{
    enum { PACKET_SIZE = 56 }; /* where it is */
    static const char nothing[8];
    char file[256];
    make_trace(3);
    record_calls();
    close_trace();
    stream_file(file, sizeof(file));
    cleanup(cleanup_fd) int fd = open(file, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, nothing, sizeof(nothing), PACKET_SIZE), sizeof(nothing));
    ck_assert_int_eq(ftruncate(fd, 4000), 0); /* the index does not fit any more */
    expect_failure(directory, -EIO, "it is cut or damaged");
}
END_TEST

START_TEST(no_functions)
{
    make_trace(3);
    record(event_of("app:something", RETS, 1), 100, 1, UINT64_C(1));
    record(event_of("no_provider_entry", RETS, 1), 110, 1, UINT64_C(1));
    record(event_of("app:_exit", RETS, 1), 120, 1, UINT64_C(1));
    close_trace();
    expect_failure(directory, -ENODATA, "there are no events of functions in");
}
END_TEST

static void read_file(const char *name, char *text, size_t size)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/%s", path, name);
    FILE *stream = fopen(file, "r");
    ck_assert_ptr_nonnull(stream);
    size_t n = fread(text, 1, size - 1, stream);
    ck_assert_uint_gt(n, 0);
    text[n] = '\0';
    fclose(stream);
}

/* Events of the kernel are of no function. */
START_TEST(kernel_trace)
{
    make_trace(3);
    record(event_of("sched:switch", RETS, 1), 100, 1, UINT64_C(1));
    close_trace();
    static char metadata[16384], changed[sizeof(metadata) + 16];
    read_file("metadata", metadata, sizeof(metadata));
    const char *domain = strstr(metadata, "\"ust\"");
    ck_assert_ptr_nonnull(domain);
    int n = snprintf(changed, sizeof(changed), "%.*s\"kernel\"%s", (int)(domain - metadata),
                     metadata, domain + strlen("\"ust\""));
    ck_assert_int_lt(n, sizeof(changed));
    write_file("metadata", changed, (size_t)n);
    expect_failure(directory, -ENODATA, ": it is a trace of the kernel");
}
END_TEST

/* The metadata of CTF 2 are JSON. */
START_TEST(other_metadata)
{
    static const char *const texts[] = {"{\"type\": \"preamble\", \"version\": 2}\n",
                                        "\x1e{\"type\": \"preamble\", \"version\": 2}\n",
                                        "/* CTF 2.0 */ trace { major = 2; };"};
    ck_assert_int_eq(mkdir(path, 0700), 0);
    write_file("metadata", texts[_i], strlen(texts[_i]));
    expect_failure(directory, -EIO, "/metadata: it is no metadata of CTF 1.8");
}
END_TEST

static void add_tests(TCase *tests)
{
    keep_plugin();
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, not_there);
    tcase_add_test(tests, damaged_metadata);
    tcase_add_test(tests, cut_stream);
    tcase_add_test(tests, packet_without_size);
    tcase_add_test(tests, no_functions);
    tcase_add_test(tests, kernel_trace);
    tcase_add_loop_test(tests, other_metadata, 0, 3);
}

CHECK_MAIN("bad_traces", 30, add_tests)
