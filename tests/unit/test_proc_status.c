/* SPDX-License-Identifier: MIT */
/* Lines of /proc/PID/status: their values, and errors. */
#include "ptrace/os/proc_status.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

static const uint64_t trap_bit = UINT64_C(1) << (SIGTRAP - 1);

START_TEST(reads_sets)
{
    sigset_t set;
    uint64_t blocked = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_eq(proc_status_set(getpid(), "SigBlk", &blocked), 0);
    ck_assert_uint_eq(blocked & trap_bit, trap_bit);
    ck_assert_int_eq(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    ck_assert_int_eq(proc_status_set(getpid(), "SigBlk", &blocked), 0);
    ck_assert_uint_eq(blocked & trap_bit, 0);
}
END_TEST

/* An empty set differs from one that cannot be read. */
START_TEST(tells_why_there_is_none)
{
    uint64_t set = 1;
    ck_assert_int_eq(proc_status_set(getpid(), "NoSuchLine", &set), -ENODATA);
    ck_assert_uint_eq(set, 0);

    pid_t child = fork();
    if (child == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(proc_status_set(child, "SigBlk", &set), -ESRCH);
    ck_assert_int_eq(proc_status_number(child, "PPid"), -1);
    ck_assert_int_eq(proc_state(child), -ESRCH);

    child = fork();
    if (child == 0) {
        const struct rlimit none = {0};
        bool is_told = setrlimit(RLIMIT_NOFILE, &none) == 0 &&
                       proc_status_set(getpid(), "SigBlk", &set) == -EMFILE && set == 0 &&
                       proc_status_number(getpid(), "PPid") == -1 &&
                       proc_state(getpid()) == -EMFILE;
        _exit(is_told ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, reads_sets);
    tcase_add_test(tests, tells_why_there_is_none);
}

CHECK_MAIN("proc_status", 10, add_tests)
