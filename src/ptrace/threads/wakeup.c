/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/wakeup.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/engine_lock.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "util/clock.h"

enum {
    SEND_AGAIN_NS = 1000000,
    BUSY_POLL_NS = 100000, /* about the cost of going to sleep and being woken on another CPU */
};

/* Interrupts waitid(2), and handles the timer of engine_seize(). */
static void on_wakeup(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    if (info->si_code == SI_TIMER && info->si_value.sival_ptr)
        wait_tick(info->si_value.sival_ptr);
}

/* A SIGUSR2 from another process would end this one by default, so it ends it. The C library's
   getpid() may return another process's ID. */
static void on_wakeup_or_foreign(int signal, siginfo_t *info, void *context)
{
    pid_t own = (pid_t)syscall(SYS_getpid);
    int code = errno;
    if (info->si_code != SI_TIMER && info->si_pid != own)
        kill(own, SIGTERM);
    errno = code;
    on_wakeup(signal, info, context);
}

void wakeup_unblock(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, WAKEUP_SIGNAL);
    /* A blocked signal is not ignored (kernel/signal.c, sig_ignored()): the kernel would send a
       SIGCHLD for each stop of a tracee, and wake some other thread by it. */
    sigaddset(&set, SIGCHLD);
    pthread_sigmask(SIG_UNBLOCK, &set, before);
}

int wakeup_init(struct engine *engine)
{
    struct sigaction action = {.sa_sigaction = on_wakeup, .sa_flags = SA_SIGINFO};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    if (sigaction(WAKEUP_SIGNAL, NULL, &engine->signal_before) < 0)
        return -errno;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    if (engine->signal_before.sa_handler != SIG_IGN && !sigismember(&blocked, WAKEUP_SIGNAL))
        action.sa_sigaction = on_wakeup_or_foreign;
    if (sigaction(WAKEUP_SIGNAL, &action, NULL) < 0)
        return -errno;
    wakeup_unblock(&engine->mask_before);
    atomic_init(&engine->woken, false);
    return 0;
}

void wakeup_undo(const struct engine *engine)
{
    sigaction(WAKEUP_SIGNAL, &engine->signal_before, NULL);
    pthread_sigmask(SIG_SETMASK, &engine->mask_before, NULL);
}

static void send_wakeup(struct tracer_thread *tracer, const atomic_bool *until_false)
{
    engine_lock_wake(&tracer->engine->lock);
    while (atomic_load(until_false) && atomic_load(&tracer->waiting)) {
        pthread_kill(tracer->thread, WAKEUP_SIGNAL);
        struct timespec pause = {.tv_nsec = SEND_AGAIN_NS};
        nanosleep(&pause, NULL);
    }
}

void wakeup_wake(struct tracer_thread *tracer)
{
    atomic_store(&tracer->wake_pending, true);
    send_wakeup(tracer, &tracer->wake_pending);
}

void engine_wake(struct engine *engine)
{
    struct tracer_thread *primary = engine->tracers[0];
    atomic_store(&engine->woken, true);
    if (!pthread_equal(pthread_self(), primary->thread))
        send_wakeup(primary, &engine->woken);
}

bool wakeup_take(struct engine *engine)
{
    return atomic_load_explicit(&engine->woken, memory_order_relaxed) &&
           atomic_exchange(&engine->woken, false);
}

/* Whether the tracer thread must not sleep. */
static bool is_woken(struct tracer_thread *tracer)
{
    return atomic_load(&tracer->posted_call) || atomic_load(&tracer->wake_pending) ||
           atomic_load(&tracer->ending) ||
           (tracer->index == 0 && atomic_load(&tracer->engine->woken));
}

/*
 * While a thread on another CPU hits breakpoints in quick succession, going to sleep and being
 * woken costs more than all else. So the tracer thread polls for the next stop, for at most the
 * cost of a sleep, and not again before the next hit. On the thread's own CPU that would only keep
 * it from running.
 */
static bool poll_for_next(struct tracer_thread *tracer, siginfo_t *info)
{
    if (!tracer->busy_elsewhere || sched_getcpu() == tracer->busy_cpu)
        return false;
    uint64_t start = clock_now_ns();
    do {
        info->si_pid = 0;
        atomic_fetch_add_explicit(&tracer->waits, 1, memory_order_relaxed);
        if (waitid(P_ALL, 0, info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL | __WNOTHREAD) <
            0)
            return false;
        if (info->si_pid != 0)
            return true;
    } while (!is_woken(tracer) && clock_now_ns() - start < BUSY_POLL_NS);
    tracer->busy_elsewhere = false;
    return false;
}

static bool sleep_is_over(void *data)
{
    return is_woken(data);
}

int wakeup_wait(struct tracer_thread *tracer, siginfo_t *info)
{
    int r = 0;
    if (poll_for_next(tracer, info))
        return 0;
    atomic_fetch_add_explicit(&tracer->waits, 1, memory_order_relaxed);
    atomic_store(&tracer->waiting, true);
    if (is_woken(tracer))
        r = -EINTR;
    else if (waitid(P_ALL, 0, info, WEXITED | WSTOPPED | WNOWAIT | __WALL | __WNOTHREAD) < 0)
        r = -errno;
    atomic_store(&tracer->waiting, false);
    return r;
}

void wakeup_sleep(struct tracer_thread *tracer)
{
    engine_lock_sleep(&tracer->engine->lock, sleep_is_over, tracer);
}
