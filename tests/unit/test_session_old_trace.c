/* SPDX-License-Identifier: MIT */
/* Removing an earlier trace of the tracer's own: all of it, or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { OTHER_USER = 65534 };

static char top[64];

static void make_file(const char *path, const char *text)
{
    int fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* In the working directory, as an own session leaves it. */
static void make_trace(void)
{
    static const char *const dirs[] = {
        "ust",
        "ust/uid",
        "ust/uid/1000",
        "ust/uid/1000/64-bit",
        "ust/uid/1000/64-bit/index",
        "in-process-4711",
    };
    static const char *const files[] = {
        "ust/uid/1000/64-bit/channel0_0",
        "ust/uid/1000/64-bit/channel0_11",
        "ust/uid/1000/64-bit/metadata",
        "ust/uid/1000/64-bit/index/channel0_0.idx",
        "ust/uid/1000/64-bit/index/channel0_11.idx",
        "in-process-4711/channel0_0",
        "in-process-4711/metadata",
    };
    for (size_t i = 0; i < COUNT_OF(dirs); i++)
        ck_assert_int_eq(mkdir(dirs[i], 0700), 0);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        make_file(files[i], "x");
    make_file("ptrace_tracer.json", "{\"format\": 1, \"version\": \"0.1\"}\n");
}

static void set_up(void)
{
    strcpy(top, "/tmp/ptrace_tracer-test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    ck_assert_int_eq(chdir(top), 0);
    ck_assert_int_eq(mkdir("trace", 0700), 0);
    ck_assert_int_eq(chdir("trace"), 0);
    make_trace();
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    return remove(path);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int n_found;

static int count_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)path, (void)status, (void)kind, (void)at;
    n_found++;
    return 0;
}

/* Of all that is below the working directory. */
static int count(void)
{
    n_found = -1;
    nftw(".", count_one, 16, FTW_PHYS);
    return n_found;
}

static int remove_trace(struct error *err)
{
    int dir = open(".", O_RDONLY | O_DIRECTORY);
    int rc = old_trace_remove(dir, "DIR", err);
    close(dir);
    return rc;
}

START_TEST(all_of_a_trace)
{
    struct error err = {0};
    int dir = open(".", O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(count(), 14);
    ck_assert_int_eq(old_trace_check(dir, "DIR", &err), 0);
    ck_assert_int_eq(count(), 14);
    ck_assert_msg(old_trace_remove(dir, "DIR", &err) == 0, "%s", err.text);
    ck_assert_int_eq(count(), 0);
    ck_assert_int_eq(old_trace_remove(dir, "DIR", &err), -ENOTEMPTY);
    close(dir);
}
END_TEST

/* What an interrupted removal leaves can be removed. */
START_TEST(part_of_a_trace)
{
    static const char *const gone[] = {
        "ust/uid/1000/64-bit/index/channel0_0.idx",
        "ust/uid/1000/64-bit/index/channel0_11.idx",
        "ust/uid/1000/64-bit/index",
        "ust/uid/1000/64-bit/channel0_0",
        "ust/uid/1000/64-bit/channel0_11",
        "ust/uid/1000/64-bit/metadata",
        "ust/uid/1000/64-bit",
    };
    struct error err = {0};
    for (size_t n = 1; n <= COUNT_OF(gone); n++) {
        for (size_t i = 0; i < n; i++)
            ck_assert_int_eq(remove(gone[i]), 0);
        ck_assert_int_eq(count(), 14 - (int)n);
        ck_assert_msg(remove_trace(&err) == 0, "%s", err.text);
        ck_assert_int_eq(count(), 0);
        make_trace();
    }
    ck_assert_int_eq(remove_trace(&err), 0);
    make_file("ptrace_tracer.json", "{\"format\": 1}");
    ck_assert_int_eq(remove_trace(&err), 0);
    ck_assert_int_eq(count(), 0);
}
END_TEST

/* Anything that a trace of ours does not have: nothing is removed. */
START_TEST(other_files)
{
    static const char *const more[] = {
        "notes.txt",
        "ptrace_tracer.json.orig",
        "metadata",
        "channel0_0",
        "ust/x",
        "ust/uid/x",
        "ust/uid/1000/x",
        "ust/uid/1000/64-bit/channel1_0",
        "ust/uid/1000/64-bit/channel0_",
        "ust/uid/1000/64-bit/channel0_1x",
        "ust/uid/1000/64-bit/channel0_0.idx",
        "ust/uid/1000/64-bit/metadata~",
        "ust/uid/1000/64-bit/index/channel0_0",
        "ust/uid/1000/64-bit/index/channel0_.idx",
        "ust/uid/1000/64-bit/index/metadata",
        "in-process-4711/x",
        "in-process-4711/channel0_123456789012345",
        "in-process-x",
        "in-process-",
        "...",
        "\x1b[31m",
    };
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        make_file(more[i], "");
        ck_assert_msg(remove_trace(&err) == -ENOTEMPTY, "%s: %s", more[i], err.text);
        ck_assert_msg(strstr(err.text, more[i]), "%s: %s", more[i], err.text);
        ck_assert_msg(count() == 15, "%s: %d", more[i], count());
        ck_assert_int_eq(remove(more[i]), 0);
    }
    static const char *const dirs[] = {
        "archives",
        "kernel",
        "in-process-",
        "ust/pid",
        "ust/uid/1000/32-bit",
        "ust/uid/0x",
        "ust/uid/1000/64-bit/channel0_3",
        "in-process-4711/64-bit",
        "ust/uid/1000/64-bit/index/x",
    };
    for (size_t i = 0; i < COUNT_OF(dirs); i++) {
        ck_assert_int_eq(mkdir(dirs[i], 0700), 0);
        ck_assert_msg(remove_trace(&err) == -ENOTEMPTY, "%s: %s", dirs[i], err.text);
        ck_assert_int_eq(count(), 15);
        ck_assert_int_eq(rmdir(dirs[i]), 0);
    }
    ck_assert_int_eq(remove_trace(&err), 0);
}
END_TEST

/* Files that are not of the kind they should be. */
START_TEST(other_kinds)
{
    struct error err = {0};
    /* Where links lead to, nothing is touched. */
    ck_assert_int_eq(mkdir("../other", 0700), 0);
    ck_assert_int_eq(chdir("../other"), 0);
    make_trace();
    ck_assert_int_eq(chdir("../trace"), 0);
    static const char *const links[][2] = {
        {"in-process-1", "../other/in-process-4711"},
        {"ust/uid/7", "../../../other/ust/uid/1000"},
        {"ust/uid/1000/64-bit/channel0_5", "../../../../../other/ptrace_tracer.json"},
        {"in-process-4711/index", "../../other/ust/uid/1000/64-bit/index"},
    };
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        ck_assert_int_eq(symlink(links[i][1], links[i][0]), 0);
        ck_assert_msg(remove_trace(&err) == -ENOTEMPTY, "%s", links[i][0]);
        ck_assert_int_eq(count(), 15);
        ck_assert_int_eq(unlink(links[i][0]), 0);
    }
    ck_assert_int_eq(mkfifo("in-process-4711/channel0_9", 0600), 0);
    ck_assert_int_eq(remove_trace(&err), -ENOTEMPTY);
    ck_assert_int_eq(remove("in-process-4711/channel0_9"), 0);

    ck_assert_int_eq(remove("ptrace_tracer.json"), 0);
    ck_assert_int_eq(symlink("../other/ptrace_tracer.json", "ptrace_tracer.json"), 0);
    ck_assert_int_eq(remove_trace(&err), -ENOTEMPTY);
    ck_assert_int_eq(remove("ptrace_tracer.json"), 0);
    ck_assert_int_eq(mkfifo("ptrace_tracer.json", 0600), 0);
    ck_assert_int_eq(remove_trace(&err), -ENOTEMPTY);
    ck_assert_int_eq(remove("ptrace_tracer.json"), 0);
    ck_assert_int_eq(count(), 13);
    ck_assert_int_eq(chdir("../other"), 0);
    ck_assert_int_eq(count(), 14);
}
END_TEST

START_TEST(no_finished_trace)
{
    struct error err = {0};
    static const char *const texts[] = {
        "", "{", "{}", "{\"format\" : 1}", "[1]", "{\"name\": \"x\"}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        make_file("ptrace_tracer.json", texts[i]);
        ck_assert_msg(remove_trace(&err) == -ENOTEMPTY, "%s", texts[i]);
    }
    ck_assert_int_eq(remove("ptrace_tracer.json"), 0);
    ck_assert_int_eq(remove_trace(&err), -ENOTEMPTY);
    ck_assert_msg(strstr(err.text, "no finished trace"), "%s", err.text);
    make_file("ptrace_tracer.json", "{\"format\": 1}");
    /* Streams without metadata are no trace. */
    ck_assert_int_eq(remove("in-process-4711/metadata"), 0);
    ck_assert_int_eq(remove_trace(&err), -ENOTEMPTY);
    ck_assert_msg(strstr(err.text, "in-process-4711 in it has no metadata"), "%s", err.text);
    ck_assert_int_eq(count(), 13);
}
END_TEST

START_TEST(of_another_user)
{
    struct error err = {0};
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(".", OTHER_USER, OTHER_USER), 0);
    ck_assert_int_eq(remove_trace(&err), -EPERM);
    ck_assert_msg(strstr(err.text, "belongs to another user"), "%s", err.text);
    ck_assert_int_eq(chown(".", 0, 0), 0);
    static const char *const files[] = {"ptrace_tracer.json", "ust", "in-process-4711/channel0_0"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        ck_assert_int_eq(chown(files[i], OTHER_USER, OTHER_USER), 0);
        ck_assert_int_eq(remove_trace(&err), -ENOTEMPTY);
        ck_assert_int_eq(count(), 14);
        ck_assert_int_eq(chown(files[i], 0, 0), 0);
    }
}
END_TEST

static int give_away(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    return lchown(path, OTHER_USER, OTHER_USER);
}

/* A directory that may not be written to ends the removal before it begins. */
START_TEST(no_permission)
{
    static const char *const dirs[] = {"ust", "ust/uid/1000/64-bit", "in-process-4711", "."};
    struct error err = {0};
    bool is_root = geteuid() == 0;
    if (is_root) {
        ck_assert_int_eq(chmod("..", 0755), 0);
        ck_assert_int_eq(nftw(".", give_away, 16, FTW_PHYS), 0);
        ck_assert_int_eq(seteuid(OTHER_USER), 0);
    }
    for (size_t i = 0; i < COUNT_OF(dirs); i++) {
        ck_assert_int_eq(chmod(dirs[i], 0500), 0);
        ck_assert_msg(remove_trace(&err) == -EACCES, "%s: %s", dirs[i], err.text);
        ck_assert_int_eq(count(), 14);
        ck_assert_int_eq(chmod(dirs[i], 0700), 0);
    }
    ck_assert_int_eq(remove_trace(&err), 0);
    if (is_root)
        ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

static void add_tests(TCase *test_case)
{
    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, all_of_a_trace);
    tcase_add_test(test_case, part_of_a_trace);
    tcase_add_test(test_case, other_files);
    tcase_add_test(test_case, other_kinds);
    tcase_add_test(test_case, no_finished_trace);
    tcase_add_test(test_case, of_another_user);
    tcase_add_test(test_case, no_permission);
}

CHECK_MAIN("old trace", 20, add_tests)
