/* SPDX-License-Identifier: MIT */
/* The engine's own state. Private to src/ptrace. */
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

/* Interrupts a tracer thread's waitid(2). */
enum { WAKEUP_SIGNAL = SIGUSR2 };

struct capture;
struct jumping;
struct site;
struct stop;
struct thread_walk;
struct unwinder;

struct engine {
    struct engine_options options;
    struct engine_sink sink;
    struct engine_stats stats;
    /* Functions of the layers above. handle_stop: handles one stop and resumes the thread, on its
       owner's thread (ptrace/control/dispatch.h). thread_main: runs a further tracer thread
       (ptrace/control/loop.h). forget_return: the site is no return site any more, and
       in_return_table; settle: what is wanted of sites is about to change; armed: an entry has
       another probe or other kinds; uncover: a breakpoint at `at` must not be behind its jump
       (ptrace/jumps/). */
    void (*handle_stop)(struct engine *engine, const struct stop *stop);
    void *(*thread_main)(void *tracer_thread);
    void (*forget_return)(struct address_space *space, struct site *site);
    void (*settle)(struct address_space *space);
    void (*armed)(struct address_space *space, struct site *site);
    void (*uncover)(struct address_space *space, struct site *site, target_addr at);
    struct jumping *jumping; /* NULL: not wanted; see ptrace/jumps/jumping.h */
    bool measures_stops;
    uint64_t measure_at_call; /* of engine_stats.calls: see measured_stop.h */
    atomic_bool woken;        /* engine_wake() was called: see wakeup.c */
    /* As before the engine was made. A launched program gets them back. */
    struct sigaction signal_before; /* of WAKEUP_SIGNAL */
    sigset_t mask_before;
    struct table tracees;   /* tid -> struct tracee */
    struct table processes; /* pid -> struct process */
    /* Detached processes whose ends are to be reported: see namespace_init.h. */
    struct process *dying;
    /* tid -> itself: a new child is stopped, and its parent's event is not handled yet. */
    struct table early_children;
    struct capture *capture;
    /* See address_space_memory(): the descriptor (-1: none) and the space that it is for. */
    int shared_memory;
    const struct address_space *shared_memory_owner;
    struct unwinder *unwinders; /* unused ones: see unwind.h */

    /* see ptrace/core/tracer_thread.h; all else is read and changed only with the lock held */
    struct tracer_thread *tracers[TRACER_THREADS_MAX];
    atomic_uint n_tracer_threads; /* also read by engine_get_stats() */
    struct tracer_thread *acting; /* the tracer thread on which the lock's holder runs */
    struct engine_lock lock;
    bool cpu_times_told; /* some cannot be read: see cpu_time.h */
    bool no_binding;     /* not wanted, or not permitted: see cpu_pinning.h */

    /* from engine_launch_prepare() until engine_launch_run() */
    pid_t child;
    int child_go;     /* write end of a pipe: a byte starts the execve(2) */
    int child_answer; /* read end of a pipe: errno of the execve(2), or end of file after its
                         success */
    bool child_refused;
    char *child_name;

    pid_t launched;            /* the process of the launched program, until it is gone; 0: none */
    int program_stop;          /* the signal of its last group-stop, 0: none */
    bool program_stopped;      /* it may be stopped, and job_control_stop() is to be called */
    bool program_left_stopped; /* it was stopped when it was detached */

    struct thread_walk *walks; /* active walks, the innermost first: see thread_walk.h */

    atomic_bool seizing;      /* see seize.h */
    atomic_bool ends_pending; /* some tracee is `reaped`, and its end is not handled yet */
    bool detach_asked;
    atomic_bool stop_asked;   /* engine_stop() was called */
    size_t n_leaving;         /* processes that are leaving */
    uint64_t let_go_until_ns; /* the time limit of detach_all(); 0: not set yet */
    bool space_untidy;   /* an address space has only silent processes left: see detach_silent() */
    bool returns_untidy; /* functions were disarmed: some return sites may be unused */
    bool jumps_untidy;   /* some planted jumps are unused */
};

/* NULL: unknown thread. */
static inline struct tracee *tracee_find(const struct engine *engine, pid_t tid)
{
    return (struct tracee *)table_get(&engine->tracees, (uint64_t)tid);
}

static inline struct process *process_find(const struct engine *engine, pid_t pid)
{
    return (struct process *)table_get(&engine->processes, (uint64_t)pid);
}

#endif
