/*
 * The engine's own state, for the files of this directory only.
 */
#ifndef PTRACE_CORE_ENGINE_INTERNAL_H
#define PTRACE_CORE_ENGINE_INTERNAL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "ptrace/capture/capture.h"
#include "ptrace/core/engine_lock.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/tracer_thread.h"
#include "util/table.h"

/* Wakes a server from waitid(2). */
enum { WAKEUP_SIGNAL = SIGUSR2 };

struct engine {
    struct engine_options options;
    struct engine_sink sink;
    struct engine_stats stats;
    atomic_bool rung; /* engine_ring(): see wakeup.c */
    /* As they were before the engine: a program that is launched is to have them so. */
    struct sigaction signal_before; /* of WAKEUP_SIGNAL */
    sigset_t mask_before;
    struct table tracees;    /* tid -> struct tracee */
    struct table processes;  /* pid -> struct process */
    struct process *awaited; /* let go, and their ends are to be seen: see namespace_init.h */
    struct table newborn;    /* tid -> itself: stopped at birth, its parent's event not seen yet */
    struct capture capture;
    const struct address_space
        *lent_to; /* see address_space_memory(); `lent` is then its descriptor, else -1 */
    int lent;
    struct unwinder *unwinders; /* of no address space now: see unwind.h */

    /* see ptrace/threads/tracer_thread.h; all else is looked at in a turn only */
    struct tracer_thread *servers[TRACER_THREADS_MAX];
    atomic_uint n_tracer_threads; /* also read by engine_get_stats() */
    struct tracer_thread *acting; /* on whose thread the present turn is */
    struct engine_lock turn;
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

    atomic_bool seizing;   /* see seize.h */
    atomic_bool ends_held; /* some tracee is `reaped` */
    bool detach_asked;
    atomic_bool stop_asked;   /* engine_stop() */
    size_t n_leaving;         /* processes that are leaving */
    uint64_t let_go_until_ns; /* engine_detach_all() waits no longer than that; 0: not begun yet */
    bool space_untidy;   /* a space has only silent processes left: see engine_let_silent_go() */
    bool returns_untidy; /* functions were disarmed: some return sites may serve nobody */
};

/* ---- loop.c */

/* Whether the thread is stopped or has ended and can be reaped: 1 with what it is in *stop, 0, or
   -ESRCH: it is no tracee. */
MUST_CHECK int engine_peek(pid_t tid, struct stop *stop);
/* Waits for the thread to stop or end and decodes that, without reaping it. -ESRCH: there is no
   such tracee. */
MUST_CHECK int engine_wait_for(struct engine *engine, pid_t tid, struct stop *stop);
/* Whether the thread has ended. A leader that has is not reported before all other threads of its
   process have and are reaped, so nothing may wait for it alone; and /proc shows nothing of its
   process under its ID. */
bool engine_is_dead(pid_t tid);
/* Whether the thread is dead, or sleeps in the kernel where no signal reaches it: it stops before
   it comes out. */
bool engine_is_unstoppable(pid_t tid);
/* Takes the status that engine_wait_for() saw: of a thread that ended, or one left stopped. */
void engine_reap(pid_t tid);
/* Handles one stop and resumes the thread, on the thread of its owner. */
void engine_dispatch(struct engine *engine, const struct stop *stop);
/* The acting server's wait has shown this: handles it, if it is still so. */
void engine_serve_stop(struct tracer_thread *server, const siginfo_t *info);
/* To be called often: sees to it that no tracee of the acting server waits for ever. */
void engine_serve_fairly(struct tracer_thread *server);
/* The server that is the stopped thread's tracer, by asking all. NULL: none is. */
struct tracer_thread *engine_tracer_of(struct engine *engine, pid_t tid);
/* An EXEC event: finds out whose the thread is now, and takes the stop out of the way. Of a thread
   whose ID changed in execve(2) the kernel wants it reaped before it takes a request
   (kernel/ptrace.c: looks_like_a_spurious_pid()). */
void engine_take_exec(struct engine *engine, const struct stop *stop);

/* Stops some thread of the process where it can be made to do a system call, serving whatever comes
   before; the process may have executed another program or ended by then. The thread's ID, or
   -ESRCH. */
MUST_CHECK pid_t engine_settle_some(struct engine *engine, pid_t pid);

/* Stops all running threads of a space but `except` (0: none). Their stops stay unreaped, so that
   the loop sees each again. */
void engine_stop_space(struct engine *engine, struct address_space *space, pid_t except);

/* ---- fork_exec.c: fork, vfork, clone, exec */

/* Whether the two threads share their memory: 0 or 1; negative where kcmp(2) does not tell. */
int engine_shares_memory(pid_t one, pid_t other);
/* A process was born, which lives in the memory of the parent's or in a copy of it: follows it, or
   lets it go without breakpoints. The child is stopped. */
void engine_child(struct engine *engine, struct tracee *parent, pid_t child, bool shared);
/* `stop` is a FORK, VFORK or CLONE event of `parent`. */
void engine_birth(struct engine *engine, struct tracee *parent, const struct stop *stop);
/* An EXEC event of a thread that is now its process's only one. */
void engine_exec(struct engine *engine, const struct stop *stop);
/* A thread stopped that is not known yet. */
void engine_stranger(struct engine *engine, const struct stop *stop);

/* ---- attach.c */

/* The options every tracee is seized with. */
extern const unsigned long engine_trace_options;
/* Lets a thread that stopped inside a system call's event go on to the edge of user mode, where
   registers are whole: it is then in a STOP_INTERRUPTED or STOP_GROUP. */
MUST_CHECK int tracee_settle(struct engine *engine, pid_t tid);

/* ---- launch.c */

/* Ends a child that was prepared and never run. */
void launch_forget(struct engine *engine);

/* ---- detach.c */

/*
 * Takes the breakpoints out of the process's memory and lets go of all that live in it, but for
 * threads that cannot be stopped now: one that waits in vfork(2) for its child, or sleeps where no
 * signal reaches it. These are let go when they can be, by engine_let_leave().
 */
void engine_detach_process(struct engine *engine, struct process *process);
/* Nothing has been planted in its memory, and letting go of everything is at hand, after which the
   kernel lets go of it (engine_options.let_go_ms): it need not be stopped. */
void engine_leave_process(struct engine *engine, struct process *process);
/* Lets go of everything; of what cannot be stopped, as engine_options.let_go_ms has it. */
void engine_detach_all(struct engine *engine);
/* Lets go of those that are left in spaces where nobody's calls are reported any more. */
void engine_let_silent_go(struct engine *engine);
/* Lets go of a thread of a process that is leaving, if it can be at this stop. false: the stop is
   to be handled as any other. */
MUST_CHECK bool engine_let_leave(struct engine *engine, struct tracee *tracee,
                                 const struct stop *stop);

/* ---- wakeup.c */
int wakeup_init(struct engine *engine);
/* Lets the calling thread, which is to wait for tracees, hear it. *before, unless NULL, receives
   the thread's mask as it was. */
void wakeup_hear(sigset_t *before);
/* In a child that has just been forked: as if there had been no engine. */
void wakeup_undo(const struct engine *engine);
/* Without a turn: blocks until some tracee of the server changes state; *info as from waitid(2).
   -EINTR: there is something else to do. -ECHILD: none is left. */
MUST_CHECK int wakeup_wait(struct tracer_thread *server, siginfo_t *info);
/* Without a turn and without tracees to wait for: blocks until there is something else to do. */
void wakeup_rest(struct tracer_thread *server);
/* Makes it come out of these. */
void wakeup_wake(struct tracer_thread *server);
/* Whether the engine was rung since it was last asked. */
bool wakeup_answer(struct engine *engine);

/* CLOCK_MONOTONIC. */
uint64_t clock_now_ns(void);

#endif
