/* SPDX-License-Identifier: MIT */
/*
 * profiled [SIGNALS=3000] [THREADS=2]: calls outer() until a tracer has replaced the code of
 * leaf(), which middle() calls, which outer() calls. Then a profiler of 10 kHz for each of THREADS
 * threads, until each has got SIGNALS signals. The handler of SIGPROF calls in_handler(), checks
 * that the interrupted PC is in code that was mapped at the start, and that backtrace(3) leads from
 * there to the thread's first function. Where leaf() waits for it, it leaves by siglongjmp(3):
 * outer(), middle() and leaf() then do not return, every other time. Prints "outer N M", "middle N
 * M", "leaf N M" and "in_handler N N".
 */
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "jumped.h"
#include "machine.h"
#include "target.h"

enum { THREADS_MAX = 8, MAPS_MAX = 64, INTERVAL_NS = 100000, FRAMES = 64, FRAMES_MIN = 4 };

static struct {
    uintptr_t start, end;
} code[MAPS_MAX];
static int n_code;
static long signals;
static counter n_entries, n_exits, n_in_handler;
static _Thread_local volatile long n_signals;
static _Thread_local timer_t timer;
static _Thread_local sigjmp_buf back;
static _Thread_local volatile int is_waiting, is_left;

static int is_code(uintptr_t pc)
{
    for (int i = 0; i < n_code; i++)
        if (pc >= code[i].start && pc < code[i].end)
            return 1;
    return 0;
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

TRACED void in_handler(int signal);
void in_handler(int signal)
{
    n_in_handler++;
    check(signal == SIGPROF, "number of the signal");
}

static void handle(int signal, siginfo_t *info, void *context)
{
    const struct itimerspec never = {{0, 0}, {0, 0}};
    void *frames[FRAMES];
    int seen = 0;
    check(info->si_code == SI_TIMER, "where the signal is from");
    check(is_code(context_pc(context)), "the PC in the handler's context");
    if (n_signals == signals) /* one more was pending */
        return;
    in_handler(signal);
    int n = backtrace(frames, FRAMES);
    check(n >= FRAMES_MIN && n < FRAMES, "number of frames");
    for (int i = 0; i < n; i++) {
        check(is_code((uintptr_t)frames[i]), "a frame");
        seen = seen || (uintptr_t)frames[i] == context_pc(context);
    }
    check(seen, "the interrupted frame");
    if (++n_signals == signals)
        timer_settime(timer, 0, &never, NULL);
    if (is_waiting && is_left) {
        is_waiting = 0;
        siglongjmp(back, 1);
    }
}

TRACED long leaf(long i);
long leaf(long i)
{
    long before = n_signals;
    is_left = i % 2;
    is_waiting = i % 8 == 1 || i % 8 == 2;
    while (is_waiting && n_signals == before && n_signals < signals)
        continue;
    is_waiting = 0;
    OPAQUE();
    return i + 1;
}

TRACED long middle(long i);
long middle(long i)
{
    long result = leaf(i) + 1;
    OPAQUE();
    return result;
}

TRACED long outer(long i);
long outer(long i)
{
    long result = middle(i) + 1;
    OPAQUE();
    return result;
}

static void *run(void *data)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
    const struct itimerspec every = {{0, INTERVAL_NS}, {0, INTERVAL_NS}};
    volatile long i = 0;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
    check(timer_settime(timer, 0, &every, NULL) == 0, "timer_settime");
    for (i = 0; n_signals < signals; i++) {
        n_entries++;
        if (sigsetjmp(back, 1) != 0)
            continue;
        check(outer(i) == i + 3, "result of outer");
        n_exits++;
    }
    timer_delete(timer);
    return data;
}

int main(int argc, char **argv)
{
    signals = argument(argc, argv, 1, 3000);
    long n = argument(argc, argv, 2, 2);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART};
    pthread_t threads[THREADS_MAX];
    void *frames[FRAMES];
    check(n >= 1 && n <= THREADS_MAX, "number of threads");
    check(backtrace(frames, FRAMES) > 0, "backtrace"); /* loads its library */
    read_code();
    while (is_to_be_jumped((uintptr_t)leaf, n_entries)) {
        check(outer(0) == 3, "result of outer");
        n_entries++;
        n_exits++;
    }
    sigaction(SIGPROF, &action, NULL);
    for (long i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, run, NULL) == 0, "pthread_create");
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    report("outer", n_entries, n_exits);
    report("middle", n_entries, n_exits);
    report("leaf", n_entries, n_exits);
    report("in_handler", n_in_handler, n_in_handler);
    return 0;
}
