/* SPDX-License-Identifier: MIT */
/*
 * signal_pc [SIGNALS=400] [THREADS=2]: a timer of 2 kHz for each of THREADS threads, which call
 * functions of many kinds until each has got SIGNALS signals. Every handler runs on an alternate
 * stack, calls in_handler(), and checks that the interrupted PC is in code that was mapped at the
 * start: in the program, a library or the vdso. Prints "plain N N", "pushes N N", "flags N N",
 * "loads N N", "jumps N N", "calls N N" and "in_handler THREADS*SIGNALS THREADS*SIGNALS".
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "machine.h"
#include "target.h"

enum { THREADS_MAX = 8, MAPS_MAX = 64, STACK_SIZE = 64 * 1024, INTERVAL_NS = 500000 };

static struct {
    uintptr_t start, end;
} code[MAPS_MAX];
static int n_code;
static long signals;
static counter n_plain, n_pushes, n_flags, n_loads, n_jumps, n_calls, n_in_handler;
static _Thread_local long n_signals;
static _Thread_local timer_t timer;

/* Each of their first instructions needs another kind of copy. */
long pushes(long i);
long flags(long i);
long loads(void);
long jumps(long i);
long calls(long i);

TRACED long plain(long i);
long plain(long i)
{
    n_plain++;
    return i + 1;
}

TRACED void in_handler(int signal);
void in_handler(int signal)
{
    n_in_handler++;
    check(signal == SIGUSR1, "number of the signal");
}

static void read_code(void)
{
    char line[512], execute;
    FILE *maps = fopen("/proc/self/maps", "re");
    check(maps != NULL, "/proc/self/maps");
    while (fgets(line, sizeof(line), maps) && n_code < MAPS_MAX)
        if (sscanf(line, "%lx-%lx %*c%*c%c", &code[n_code].start, &code[n_code].end, &execute) ==
                3 &&
            execute == 'x' && (strchr(line, '/') || strstr(line, "[vdso]")))
            n_code++;
    fclose(maps);
}

static int is_code(uintptr_t pc)
{
    for (int i = 0; i < n_code; i++)
        if (pc >= code[i].start && pc < code[i].end)
            return 1;
    return 0;
}

static void handle(int signal, siginfo_t *info, void *context)
{
    const struct itimerspec never = {{0, 0}, {0, 0}};
    check(info->si_code == SI_TIMER, "where the signal is from");
    check(is_code(context_pc(context)), "the PC in the handler's context");
    if (n_signals == signals) /* one more was pending */
        return;
    in_handler(signal);
    OPAQUE();
    if (++n_signals == signals)
        timer_settime(timer, 0, &never, NULL);
}

static void *run(void *data)
{
    stack_t own = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    const struct itimerspec every = {{0, INTERVAL_NS}, {0, INTERVAL_NS}};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    check(sigaltstack(&own, NULL) == 0, "sigaltstack");
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
    check(timer_settime(timer, 0, &every, NULL) == 0, "timer_settime");
    for (long i = 0; n_signals < signals; i++) {
        check(plain(i) == i + 1, "result of plain");
        check(pushes(i) == i + 1, "result of pushes");
        n_pushes++;
        check(flags(i) == i + 1, "result of flags");
        n_flags++;
        check(loads() == 4711, "result of loads");
        n_loads++;
        check(jumps(i) == i + 1, "result of jumps");
        n_jumps++;
        check(calls(i) == i + 1, "result of calls");
        n_calls++;
    }
    timer_delete(timer);
    own.ss_flags = SS_DISABLE;
    sigaltstack(&own, NULL);
    free(own.ss_sp);
    return data;
}

int main(int argc, char **argv)
{
    signals = argument(argc, argv, 1, 400);
    long n = argument(argc, argv, 2, 2);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    pthread_t threads[THREADS_MAX];
    check(n >= 1 && n <= THREADS_MAX, "number of threads");
    read_code();
    sigaction(SIGUSR1, &action, NULL);
    for (long i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, run, NULL) == 0, "pthread_create");
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    report("plain", n_plain, n_plain);
    report("pushes", n_pushes, n_pushes);
    report("flags", n_flags, n_flags);
    report("loads", n_loads, n_loads);
    report("jumps", n_jumps, n_jumps);
    report("calls", n_calls, n_calls);
    report("in_handler", n_in_handler, n_in_handler);
    return 0;
}
