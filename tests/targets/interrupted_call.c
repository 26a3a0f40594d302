/* SPDX-License-Identifier: MIT */
/*
 * interrupted_call [CALLS=50] [restart]: call_it() goes to it(), whose first instruction is a
 * system call that blocks and is interrupted by a timer's signal. CALLS times: read() that ends
 * with EINTR. With "restart", CALLS times each also: read() that is restarted (SA_RESTART) until
 * the handler has written a byte at the second signal; and clock_nanosleep(), which is continued
 * after a SIGCONT without a handler, and takes no longer than was asked for. Prints "it N N".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "target.h"

enum { INTERVAL_US = 2000, SLEEP_NS = 40000000 };

/* number, arguments */
long call_it(long number, long a, long b, long c, long d);

static int pipe_fds[2];
static volatile sig_atomic_t n_signals, write_at;

static void handle(int signal)
{
    (void)signal;
    n_signals++;
    if (n_signals == write_at)
        check(write(pipe_fds[1], "x", 1) == 1, "write");
}

static void prepare(int flags, int to_write_at)
{
    const struct itimerval every = {{0, INTERVAL_US}, {0, INTERVAL_US}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    sigaction(SIGALRM, &action, NULL);
    n_signals = 0;
    write_at = to_write_at;
    setitimer(ITIMER_REAL, &every, NULL);
}

static void finish(void)
{
    const struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
}

static long read_byte(void)
{
    char byte;
    return call_it(SYS_read, pipe_fds[0], (long)&byte, 1, 0);
}

/* Nanoseconds slept, while another process stops and continues this one. */
static long sleep_stopped(void)
{
    struct timespec length = {0, SLEEP_NS}, before, after;
    pid_t parent = getpid(), child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        usleep(SLEEP_NS / 2000);
        kill(parent, SIGSTOP);
        kill(parent, SIGCONT);
        _exit(0);
    }
    clock_gettime(CLOCK_MONOTONIC, &before);
    check(call_it(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&length, 0) == 0,
          "result of sleep");
    clock_gettime(CLOCK_MONOTONIC, &after);
    check(waitpid(child, NULL, 0) == child, "waitpid");
    return (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
}

static void restart(int calls)
{
    long shortest = 1000000000;
    for (int i = 0; i < calls; i++) {
        prepare(SA_RESTART, 2);
        check(read_byte() == 1 && n_signals >= 2, "a call that is restarted");
        finish();
        long slept = sleep_stopped();
        check(slept >= SLEEP_NS, "too short a sleep");
        shortest = slept < shortest ? slept : shortest;
    }
    /* Each would take half as long again if it began anew. */
    check(shortest < SLEEP_NS + SLEEP_NS / 4, "too long a sleep");
}

int main(int argc, char **argv)
{
    unsigned long calls = (unsigned long)argument(argc, argv, 1, 50);
    check(pipe2(pipe_fds, O_CLOEXEC) == 0, "pipe2");
    prepare(0, 0);
    for (unsigned long i = 0; i < calls; i++) {
        n_signals = 0;
        check(read_byte() == -EINTR && n_signals >= 1, "a call that is interrupted");
    }
    finish();
    if (argc > 2)
        restart((int)calls);
    report("it", argc > 2 ? 3 * calls : calls, argc > 2 ? 3 * calls : calls);
    return 0;
}
