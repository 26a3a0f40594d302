/* SPDX-License-Identifier: MIT */
/* The measurement of stops: plausible, and nothing is left behind, also when a call fails. */
#include "ptrace/os/stop_cost.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"
#include "util/clock.h"

/* ---- Calls that fail */

static enum { NOTHING, MMAP, FORK, WAIT, REQUEST, CHILD_KILLED, CHILD_STOPPED } failing;
static int failing_nth, n_calls;
static pid_t measured_child; /* the last one */

static bool fails(int what)
{
    return (int)failing == what && ++n_calls == failing_nth;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (flags & MAP_SHARED && fails(MMAP)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

pid_t fork(void)
{
    if (fails(FORK)) {
        errno = EAGAIN;
        return -1;
    }
    return measured_child = _Fork();
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    if (fails(WAIT)) {
        errno = EINTR;
        return -1;
    }
    return (int)syscall(SYS_waitid, type, id, info, options, NULL);
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *at = va_arg(arguments, void *), *data = va_arg(arguments, void *);
    va_end(arguments);
    if (pid && fails(REQUEST)) {
        errno = EPERM;
        return -1;
    }
    if (pid && fails(CHILD_KILLED))
        kill(pid, SIGKILL);
    if (pid && fails(CHILD_STOPPED))
        kill(pid, SIGSTOP);
    long result = syscall(SYS_ptrace, request, pid, at, data);
    errno = result < 0 ? errno : 0;
    return result;
}

/* ---- */

/* A computer that is busy or emulated can be too slow. */
static bool was_slow;

/* Measures; returns what it returned. */
static int measure(bool same_cpu, struct stop_cost *cost)
{
    cpu_set_t before, after;
    ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    uint64_t started_ns = clock_now_ns();
    int r = stop_cost_measure(same_cpu, cost);
    was_slow = clock_now_ns() - started_ns > 100 * 1000000;
    ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
    ck_assert(CPU_EQUAL(&before, &after));
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    if (measured_child)
        ck_assert_int_eq(kill(measured_child, 0), -1);
    return r;
}

/* The first request is for registers, the next two set them and continue; the last ones of many. */
START_TEST(what_fails)
{
    static const struct {
        int what, nth;
    } failures[] = {{MMAP, 1},           {FORK, 1},         {WAIT, 1},         {WAIT, 100},
                    {WAIT, 201},         {REQUEST, 1},      {REQUEST, 2},      {REQUEST, 3},
                    {REQUEST, 600},      {CHILD_KILLED, 1}, {CHILD_KILLED, 2}, {CHILD_KILLED, 3},
                    {CHILD_KILLED, 599}, {CHILD_STOPPED, 1}};
    struct stop_cost cost = {1, 2, 3};
    failing = (__typeof__(failing))failures[_i].what;
    failing_nth = failures[_i].nth;
    ck_assert_int_lt(measure(_i % 2, &cost), 0);
    ck_assert(n_calls >= failing_nth || was_slow);
    ck_assert_uint_eq(cost.before, 1);
    ck_assert_uint_eq(cost.after, 2);
    ck_assert_uint_eq(cost.cpu, 3);
}
END_TEST

START_TEST(measures)
{
    struct stop_cost cost = {0};
    int r = measure(_i == 1, &cost);
    ck_assert(r == 0 || (r == -EBUSY && was_slow));
    if (r < 0)
        return;
    ck_assert_uint_gt(cost.before, 100);
    ck_assert_uint_lt(cost.before, 10000000);
    ck_assert_uint_gt(cost.after, 100);
    ck_assert_uint_lt(cost.after, 10000000);
    ck_assert_uint_gt(cost.cpu, 100);
    ck_assert_uint_lt(cost.cpu, 10000000);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, measures, 0, 2);
    tcase_add_loop_test(tests, what_fails, 0, 14);
}
CHECK_MAIN("stop_cost", 20, add_tests)
