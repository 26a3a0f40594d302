/* SPDX-License-Identifier: MIT */
/* The engine's own state, for the files of src/ptrace only. */
#ifndef PTRACE_CORE_ENGINE_INTERNAL_H
#define PTRACE_CORE_ENGINE_INTERNAL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "ptrace/core/engine_lock.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/engine.h"
#include "ptrace/os/wait_status.h"
#include "util/table.h"

/* Wakes a tracer thread from waitid(2). */
enum { WAKEUP_SIGNAL = SIGUSR2 };

struct capture;
struct stop;
struct thread_walk;
struct unwinder;

struct engine {
    struct engine_options options;
    struct engine_sink sink;
    struct engine_stats stats;
    /* What is above this layer: handles one stop and resumes the thread, on the thread of its owner
       (ptrace/control/dispatch.h); runs a further tracer thread (ptrace/control/loop.h). */
    void (*handle_stop)(struct engine *engine, const struct stop *stop);
    void *(*thread_main)(void *tracer_thread);
    atomic_bool woken; /* engine_wake(): see wakeup.c */
    /* As they were before the engine: a program that is launched is to have them so. */
    struct sigaction signal_before; /* of WAKEUP_SIGNAL */
    sigset_t mask_before;
    struct table tracees;   /* tid -> struct tracee */
    struct table processes; /* pid -> struct process */
    struct process *dying;  /* let go, and their ends are to be seen: see namespace_init.h */
    struct table
        early_children; /* tid -> itself: stopped at birth, its parent's event not seen yet */
    struct capture *capture;
    const struct address_space *shared_memory_owner; /* see address_space_memory(); `lent` is then
                                                        its descriptor, else -1 */
    int shared_memory;
    struct unwinder *unwinders; /* of no address space now: see unwind.h */

    /* see ptrace/core/tracer_thread.h; all else is looked at in a turn only */
    struct tracer_thread *tracers[TRACER_THREADS_MAX];
    atomic_uint n_tracer_threads; /* also read by engine_get_stats() */
    struct tracer_thread *acting; /* on whose thread the present turn is */
    struct engine_lock lock;
    bool no_binding; /* not wanted, or the kernel does not let us: see cpu_pinning.h */

    /* engine_launch_prepare() until engine_launch_run() */
    pid_t child;
    int child_go;     /* written to: execute now */
    int child_answer; /* read from: errno, or end of file when the program runs */
    bool child_refused;
    char *child_name;

    pid_t launched;            /* the process that it has become, until that is gone; 0: none */
    int program_stop;          /* the signal of its last group-stop, 0: there was none */
    bool program_stopped;      /* it may be, which is to be served: see job_control.h */
    bool program_left_stopped; /* ... as it is let go */

    struct thread_walk *walks; /* under way, the innermost first: see thread_walk.h */

    atomic_bool seizing;      /* see seize.h */
    atomic_bool ends_pending; /* some tracee is `reaped` */
    bool detach_asked;
    atomic_bool stop_asked;   /* engine_stop() */
    size_t n_leaving;         /* processes that are leaving */
    uint64_t let_go_until_ns; /* detach_all() waits no longer than that; 0: not begun yet */
    bool space_untidy;        /* a space has only silent processes left: see detach_silent() */
    bool returns_untidy;      /* functions were disarmed: some return sites may serve nobody */
};

/* NULL: it is not known. */
static inline struct tracee *tracee_find(const struct engine *engine, pid_t tid)
{
    return (struct tracee *)table_get(&engine->tracees, (uint64_t)tid);
}

static inline struct process *process_find(const struct engine *engine, pid_t pid)
{
    return (struct process *)table_get(&engine->processes, (uint64_t)pid);
}

#endif
