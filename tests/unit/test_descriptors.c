/* SPDX-License-Identifier: MIT */
/* Reserved descriptors, available when all others are used up. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "unit/check_main.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

enum { HARD = 64, THREADS = 4, ROUNDS = 2000 };

static struct rlimit limits(void)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit;
}

/* Each test has its own process. */
static void limit_to(rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {soft, hard};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static size_t use_up(int fds[HARD])
{
    size_t n = 0;
    while ((fds[n] = dup(STDIN_FILENO)) >= 0)
        n++;
    ck_assert_int_eq(errno, EMFILE);
    return n;
}

/* Sanitizers open files at the end. */
static void close_all(const int *fds, size_t n)
{
    while (n > 0)
        close(fds[--n]);
}

START_TEST(soft_limit_is_raised_and_restored)
{
    struct rlimit before;
    limit_to(32, HARD);
    descriptors_raise(&before);
    ck_assert_uint_eq(before.rlim_cur, 32);
    ck_assert_uint_eq(before.rlim_max, HARD);
    ck_assert_uint_eq(limits().rlim_cur, HARD - 16);
    ck_assert_uint_eq(limits().rlim_max, HARD);
    descriptors_restore(&before);
    ck_assert_uint_eq(limits().rlim_cur, 32);
}
END_TEST

/* Half of them if there are only a few. */
START_TEST(few_are_shared)
{
    struct rlimit before;
    limit_to(16, 16);
    descriptors_raise(&before);
    ck_assert_uint_eq(limits().rlim_cur, 8);
    ck_assert_uint_eq(limits().rlim_max, 16);
}
END_TEST

START_TEST(opened_when_all_are_used_up)
{
    struct rlimit before;
    limit_to(HARD, HARD);
    descriptors_raise(&before);
    int used[HARD], fds[16];
    size_t n = use_up(used);
    for (size_t i = 0; i < 16; i++) {
        fds[i] = descriptors_open("/dev/null", O_RDONLY);
        ck_assert_int_ge(fds[i], 0);
        ck_assert_int_eq(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
        ck_assert_uint_eq(limits().rlim_cur, HARD - 16);
    }
    ck_assert_int_eq(descriptors_open("/dev/null", O_RDONLY), -EMFILE);
    ck_assert_ptr_null(descriptors_file("/dev/null"));
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_uint_eq(limits().rlim_cur, HARD - 16);
    close(fds[3]);
    cleanup(cleanup_dir) DIR *directory = descriptors_directory("/proc/self/task");
    ck_assert_ptr_nonnull(directory);
    ck_assert_ptr_nonnull(readdir(directory));
    close_all(used, n);
}
END_TEST

static void *open_and_close(void *data)
{
    atomic_uint *failed = data;
    for (int i = 0; i < ROUNDS; i++) {
        cleanup(cleanup_fd) int fd = descriptors_open("/dev/null", O_RDONLY);
        *failed += fd < 0;
    }
    return NULL;
}

/* No thread fails because another one has just reserved them again. */
START_TEST(several_threads)
{
    struct rlimit before;
    pthread_t threads[THREADS];
    atomic_uint failed = 0;
    limit_to(HARD, HARD);
    descriptors_raise(&before);
    int used[HARD];
    size_t n = use_up(used);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, &failed), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    close_all(used, n);
    ck_assert_uint_eq(failed, 0);
    ck_assert_uint_eq(limits().rlim_cur, HARD - 16);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, soft_limit_is_raised_and_restored);
    tcase_add_test(tests, few_are_shared);
    tcase_add_test(tests, opened_when_all_are_used_up);
    tcase_add_test(tests, several_threads);
}

CHECK_MAIN("descriptors", 30, add_tests)
