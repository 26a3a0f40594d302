/* SPDX-License-Identifier: MIT */
#include "ptrace/core/wait.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/wait_status.h"
#include "util/table.h"

enum {
    LOOK_AGAIN_NS = 200000,
    YIELDS_FIRST = 200,
};

void wait_reap(pid_t tid)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | __WALL) < 0 &&
           errno == EINTR)
        continue;
}

/* If the state cannot be read, the thread counts as alive: a waiter asks again, and requests for a
   dead thread fail. */
bool wait_is_dead(pid_t tid)
{
    int state = proc_state(tid);
    return state == 'Z' || state == 'X' || state == -ESRCH;
}

bool wait_is_unstoppable(pid_t tid)
{
    int state = proc_state(tid);
    return state == 'D' || state == 'Z' || state == 'X' || state == -ESRCH;
}

int wait_peek(pid_t tid, struct stop *stop)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) < 0)
        return errno == ECHILD ? -ESRCH : 0;
    *stop = stop_decode(&info);
    return info.si_pid != 0;
}

bool wait_is_stopped(pid_t tid, struct stop *stop)
{
    int r = wait_peek(tid, stop);
    if (r == -ESRCH)
        *stop = (struct stop){.tid = tid, .kind = STOP_KILLED};
    return r != 0;
}

void wait_a_little(void)
{
    struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
    nanosleep(&pause, NULL);
}

void wait_reap_ends(struct engine *engine)
{
    struct tracee *tracee;
    struct stop stop;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        /* Look first: for a tracee, waitid(2) also reports, and reaps, stops that were not asked
           for (kernel/exit.c: wait_task_stopped()). */
        if (tracee->reaped || wait_peek(tracee->tid, &stop) != 1 || !stop_is_end(&stop))
            continue;
        wait_reap(tracee->tid);
        tracee->end = stop;
        tracee->reaped = true;
        atomic_store(&engine->ends_pending, true);
    }
}

void wait_tick(void *data)
{
    struct engine *engine = data;
    int code = errno;
    if (atomic_load(&engine->seizing))
        wait_reap_ends(engine);
    errno = code;
}

int wait_for_stop(struct engine *engine, pid_t tid, struct stop *stop)
{
    for (unsigned looks = 0;; looks++) {
        int r = wait_peek(tid, stop);
        if (r != 0)
            return r < 0 ? r : 0;
        if (looks < YIELDS_FIRST) {
            sched_yield(); /* such waits usually take microseconds */
            continue;
        }
        /* The loop handles its end. */
        if (wait_is_dead(tid) && wait_peek(tid, stop) == 0)
            return -ESRCH;
        if (wait_is_unstoppable(tid))
            wait_reap_ends(engine);
        wait_a_little();
    }
}

static void wait_until_stopped(struct tracee *tracee)
{
    struct stop stop;
    tracee->unstoppable = false;
    while (wait_peek(tracee->tid, &stop) == 0 && !tracee->unstoppable) {
        tracee->unstoppable = tracee->vforking || wait_is_unstoppable(tracee->tid);
        if (!tracee->unstoppable)
            wait_a_little();
    }
}

void wait_stop_all(struct engine *engine, struct address_space *space, pid_t except)
{
    struct tracee *tracee;
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_after(tracee))
        if (tracee->tid != except && !tracee->listening)
            engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0);
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_after(tracee))
        if (tracee->tid != except && !tracee->listening)
            wait_until_stopped(tracee);
}

bool wait_is_settled(const struct stop *stop)
{
    return stop->kind == STOP_INTERRUPTED || stop->kind == STOP_GROUP;
}

int wait_settle(struct engine *engine, pid_t tid)
{
    struct stop stop;
    int r = engine_ptrace(engine, PTRACE_INTERRUPT, tid, NULL, 0);
    int signal = 0;
    while (r == 0) {
        r = engine_ptrace(engine, PTRACE_CONT, tid, NULL, (uintptr_t)signal);
        if (r == 0)
            r = wait_for_stop(engine, tid, &stop);
        if (r == 0 && stop_is_end(&stop))
            r = -ESRCH;
        if (r == 0 && wait_is_settled(&stop))
            break;
        /* The interrupt comes before any signal. Other signals and events pass. */
        signal = stop.kind == STOP_SIGNAL ? stop.code : 0;
    }
    return r;
}
