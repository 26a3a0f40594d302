/* SPDX-License-Identifier: MIT */
/*
 * sigtrap_syscall [CALLS=50]: blocks, ignores and handles SIGTRAP by syscall(), not by the C
 * library's functions, and calls work() CALLS times in each state; afterwards SIGTRAP must be
 * unchanged: blocked, and a raised one stays pending; ignored, and without effect; handled, with
 * the same flags and mask. The same in threads with their own masks, at the same time. Prints "work
 * ENTRIES EXITS".
 *
 * sigtrap_syscall CALLS often: calls syscall() 20000 times for other purposes, then work().
 *
 * sigtrap_syscall CALLS both: the same, after SIGTRAP was blocked by it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "target.h"

enum { SET_SIZE = 8, THREADS = 4, OFTEN = 20000 };

static const uint64_t trap = UINT64_C(1) << (SIGTRAP - 1);

/* As rt_sigaction(2) has it. */
struct action {
    uint64_t handler, flags, restorer, mask;
};

static counter n_work, n_traps;
static long calls;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

static void call(void)
{
    for (int i = 0; i < (int)calls; i++)
        check(work(i) == i + 1, "result of work");
}

static uint64_t change_mask(int how, uint64_t set)
{
    uint64_t before = 0;
    check(syscall(SYS_rt_sigprocmask, how, &set, &before, SET_SIZE) == 0, "rt_sigprocmask");
    return before;
}

static uint64_t mask_now(void)
{
    uint64_t now = 0;
    check(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, SET_SIZE) == 0, "rt_sigprocmask");
    return now;
}

static void change_action(int signal, const struct action *action, struct action *before)
{
    check(syscall(SYS_rt_sigaction, signal, action, before, SET_SIZE) == 0, "rt_sigaction");
}

static void on_trap(int signal)
{
    (void)signal;
    n_traps++;
}

/* SIGTRAP is blocked: one stays pending, and is fetched. */
static void raise_blocked(void)
{
    const struct timespec none = {0};
    siginfo_t info;
    check(syscall(SYS_tgkill, getpid(), gettid(), SIGTRAP) == 0, "tgkill");
    call();
    check(syscall(SYS_rt_sigtimedwait, &trap, &info, &none, SET_SIZE) == SIGTRAP,
          "SIGTRAP is pending");
    check(info.si_code == SI_TKILL && info.si_pid == getpid(), "its origin");
}

static void with_mask(int how, uint64_t set)
{
    uint64_t before = change_mask(how, set), blocked = mask_now();
    check((blocked & trap) != 0, "SIGTRAP is blocked");
    call();
    check(mask_now() == blocked, "the mask after calls");
    raise_blocked();
    check(mask_now() == blocked, "the mask after a SIGTRAP");
    /* A failed call changes nothing. */
    check(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &trap, NULL, 4) == -1, "a set of another size");
    check(syscall(SYS_rt_sigprocmask, 77, &trap, NULL, SET_SIZE) == -1, "an unknown request");
    call();
    check(mask_now() == blocked, "the mask after requests that failed");
    change_mask(SIG_SETMASK, before);
    call();
    check(mask_now() == before, "the mask that was put back");
}

static void ignored(void)
{
    struct action ignore = {.handler = (uintptr_t)SIG_IGN}, before, now;
    change_action(SIGTRAP, &ignore, &before);
    call();
    change_action(SIGTRAP, NULL, &now);
    check(now.handler == (uintptr_t)SIG_IGN, "SIGTRAP is ignored");
    check(raise(SIGTRAP) == 0, "raise");
    change_action(SIGTRAP, &before, NULL);
}

/* The C library sets a handler for another signal, since it needs a restorer. */
static void handled(void)
{
    struct sigaction action = {.sa_handler = on_trap, .sa_flags = SA_RESTART};
    struct action given, before, now;
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    change_action(SIGUSR1, NULL, &given);
    change_action(SIGTRAP, &given, &before);
    uint64_t mask = change_mask(SIG_BLOCK, trap);
    call();
    change_action(SIGTRAP, NULL, &now);
    check(memcmp(&given, &now, sizeof(now)) == 0, "the action for SIGTRAP");
    change_mask(SIG_SETMASK, mask);
    unsigned long traps = n_traps;
    call();
    check(raise(SIGTRAP) == 0 && n_traps == traps + 1, "the handler runs");
    change_action(SIGTRAP, &before, NULL);
    signal(SIGUSR1, SIG_DFL);
}

static pthread_barrier_t start;

static void *be_thread(void *data)
{
    static const uint64_t sets[THREADS] = {~UINT64_C(0), 0, 0, ~UINT64_C(0)};
    long i = (long)(intptr_t)data;
    uint64_t set = sets[i] ? sets[i] : i == 1 ? trap : trap | 1;
    pthread_barrier_wait(&start);
    if (i % 2 == 0) {
        with_mask(SIG_SETMASK, set);
    } else {
        uint64_t before = mask_now();
        call();
        check(mask_now() == before, "the mask of a thread that blocks nothing");
        with_mask(SIG_BLOCK, set);
    }
    return NULL;
}

static void threads(void)
{
    pthread_t ids[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        check(pthread_create(&ids[i], NULL, be_thread, (void *)(intptr_t)i) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(ids[i], NULL);
}

static void call_often(void)
{
    for (int i = 0; i < OFTEN; i++)
        check(syscall(SYS_getppid) == getppid(), "getppid");
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[2] : "";
    calls = argument(argc, argv, 1, 50);
    if (strcmp(mode, "often") == 0) {
        call_often();
        call();
    } else {
        if (strcmp(mode, "both") == 0) {
            change_mask(SIG_UNBLOCK, trap);
            call_often();
        }
        with_mask(SIG_BLOCK, trap);
        with_mask(SIG_SETMASK, ~UINT64_C(0));
        ignored();
        handled();
        threads();
    }
    report("work", n_work, n_work);
    return 0;
}
