/* SPDX-License-Identifier: MIT */
/* Files of /proc: their values, and errors. */
#include "ptrace/os/proc_status.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ptrace/os/proc_files.h"
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

START_TEST(reads_limits)
{
    struct rlimit files, size;
    uint64_t soft = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_eq(proc_limit(getpid(), "Max open files", &soft), 0);
    ck_assert_uint_eq(soft, files.rlim_cur);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &size), 0);
    ck_assert_int_eq(proc_limit(getpid(), "Max address space", &soft), 0);
    ck_assert_uint_eq(soft, size.rlim_cur == RLIM_INFINITY ? UINT64_MAX : size.rlim_cur);
    ck_assert_int_eq(proc_limit(getpid(), "Max open", &soft), -ENODATA);
    ck_assert_int_eq(proc_limit(getpid(), "Limit", &soft), -ENODATA);
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

/* Parentheses and spaces in the name are no end of it. */
START_TEST(reads_several_lines_at_once)
{
    struct proc_status status;
    char name[16] = "";
    sigset_t set;
    ck_assert_int_eq(prctl(PR_SET_NAME, "a) Z (name"), 0);
    ck_assert_int_eq(proc_status_read(getpid(), &status), 0);
    ck_assert_str_eq(status.name, "a) Z (name");
    ck_assert_int_eq(status.state, 'R');
    ck_assert_int_eq(status.group, getpid());
    ck_assert_uint_eq(status.threads, 1);
    ck_assert_uint_eq(status.uid, getuid());
    ck_assert(status.has_memory);
    ck_assert_uint_eq(status.pending & trap_bit, 0);
    proc_read_name(getpid(), getpid(), name, sizeof(name));
    ck_assert_str_eq(name, "a) Z (name");
    ck_assert_int_eq(proc_state(getpid()), 'R');

    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_eq(raise(SIGTRAP), 0);
    status = proc_status_look(getpid());
    ck_assert_int_eq(status.state, 'R');
    ck_assert_uint_eq(status.pending & trap_bit, trap_bit);
    ck_assert_int_eq(sigtimedwait(&set, NULL, &(struct timespec){0}), SIGTRAP);
}
END_TEST

START_TEST(tells_what_is_gone_from_what_cannot_be_read)
{
    struct proc_status status;
    long number = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(proc_status_read(child, &status), -ESRCH);
    ck_assert_int_eq(proc_status_look(child).state, 'X');
    ck_assert_int_eq(proc_has_program(child), 0);
    ck_assert_int_eq(proc_has_program(getpid()), 1);
    ck_assert_int_eq(proc_number("/proc/sys/kernel/pid_max", &number), 0);
    ck_assert_int_gt(number, getpid());
    ck_assert_int_eq(proc_number("/proc/sys/kernel/no_such_number", &number), -ENOENT);
    ck_assert_int_eq(proc_number("/proc/self/cmdline", &number), -EIO);

    child = fork();
    if (child == 0) {
        const struct rlimit none = {0};
        bool is_told = setrlimit(RLIMIT_NOFILE, &none) == 0 &&
                       proc_status_read(getpid(), &status) == -EMFILE &&
                       proc_status_look(getpid()).state == '?' &&
                       proc_number("/proc/sys/kernel/pid_max", &number) == -EMFILE;
        _exit(is_told ? 0 : 1);
    }
    int code;
    ck_assert_int_eq(waitpid(child, &code, 0), child);
    ck_assert_int_eq(code, 0);
}
END_TEST

START_TEST(reads_the_cpu_from_the_stat_file)
{
    cpu_set_t before, one;
    ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &before))
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
        int fd = proc_stat_open(getpid(), getpid());
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(proc_stat_cpu(fd), cpu);
        close(fd);
    }
    ck_assert_int_eq(sched_setaffinity(0, sizeof(before), &before), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, reads_sets);
    tcase_add_test(tests, reads_limits);
    tcase_add_test(tests, tells_why_there_is_none);
    tcase_add_test(tests, reads_several_lines_at_once);
    tcase_add_test(tests, tells_what_is_gone_from_what_cannot_be_read);
    tcase_add_test(tests, reads_the_cpu_from_the_stat_file);
}

CHECK_MAIN("proc_status", 10, add_tests)
