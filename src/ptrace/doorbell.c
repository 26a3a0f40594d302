/*
 * The engine sleeps in waitid(2), which nothing but a tracee or a signal wakes. A signal that comes
 * just before the system call would be lost, so whoever rings knocks again until the engine, which
 * says when it is about to sleep, is up.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

#include "ptrace/core.h"

enum {
    KNOCK_AGAIN_NS = 1000000,
    LOOK_FOR_NS = 100000, /* about what going to sleep and being woken on another CPU may cost */
};

static void knocked(int signal)
{
    (void)signal; /* its only work is to interrupt waitid(2) */
}

int doorbell_init(struct engine *engine)
{
    struct sigaction action = {.sa_handler = knocked};
    sigemptyset(&action.sa_mask);
    if (sigaction(DOORBELL_SIGNAL, &action, NULL) < 0)
        return -errno;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, DOORBELL_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    engine->thread = pthread_self();
    atomic_init(&engine->rung, false);
    atomic_init(&engine->waiting, false);
    return 0;
}

void engine_ring(struct engine *engine)
{
    atomic_store(&engine->rung, true);
    if (pthread_equal(pthread_self(), engine->thread))
        return;
    while (atomic_load(&engine->rung) && atomic_load(&engine->waiting)) {
        pthread_kill(engine->thread, DOORBELL_SIGNAL);
        struct timespec pause = {.tv_nsec = KNOCK_AGAIN_NS};
        nanosleep(&pause, NULL);
    }
}

bool doorbell_answer(struct engine *engine)
{
    return atomic_load_explicit(&engine->rung, memory_order_relaxed) &&
           atomic_exchange(&engine->rung, false);
}

/*
 * While breakpoints are hit in quick succession by a thread on another CPU, going to sleep and
 * being woken costs more than all else. So the next stop is looked for, no longer than a sleep
 * costs, and not again before the next hit. On the thread's own CPU that would only keep it from
 * running.
 */
static bool look_for_next(struct engine *engine, siginfo_t *info)
{
    if (!engine->busy_elsewhere || sched_getcpu() == engine->busy_cpu)
        return false;
    uint64_t start = engine_now_ns();
    do {
        info->si_pid = 0;
        engine->stats.waits++;
        if (waitid(P_ALL, 0, info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL | __WNOTHREAD) <
            0)
            return false;
        if (info->si_pid != 0)
            return true;
    } while (engine_now_ns() - start < LOOK_FOR_NS);
    engine->busy_elsewhere = false;
    return false;
}

int doorbell_wait(struct engine *engine, siginfo_t *info)
{
    int r = 0;
    if (look_for_next(engine, info))
        return 0;
    engine->stats.waits++;
    atomic_store(&engine->waiting, true);
    if (atomic_load(&engine->rung))
        r = -EINTR;
    else if (waitid(P_ALL, 0, info, WEXITED | WSTOPPED | WNOWAIT | __WALL | __WNOTHREAD) < 0)
        r = -errno;
    atomic_store(&engine->waiting, false);
    return r;
}
