/*
 * A server: one of the engine's threads. Ptrace binds a traced thread to the thread that attached
 * to it: requests and waits are that one's alone. So each tracee has an owner. The first server,
 * the primary, is the thread that made the engine; while few threads hit breakpoints it is the only
 * one. Further ones are started when threads are handed to them
 * (ptrace/threads/tracee_migration.h), and stay until the engine is freed: with a tracer's thread
 * its tracees would be let go.
 *
 * All servers do the same, one at a time but for their waits: see ptrace/core/engine_lock.h. What
 * one has to ask of another's tracee is done on that one's thread, by tracer_thread_call().
 */
#ifndef PTRACE_THREADS_TRACER_THREAD_H
#define PTRACE_THREADS_TRACER_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/core/stop_prefetch.h"
#include "ptrace/threads/cpu_pinning.h"
#include "util/error.h"

struct engine;

enum { TRACER_THREADS_MAX = 64 };

/* What one server asks another to do. */
struct thread_call {
    void (*run)(void *data);
    void *data;
    atomic_bool done;
};

struct tracer_thread {
    struct engine *engine;
    unsigned index; /* 0: the primary */
    pthread_t thread;
    pid_t tid;
    size_t n_tracees; /* it owns */
    struct thread_pinning placement;

    bool busy_elsewhere; /* the last breakpoint was hit on another CPU, */
    int busy_cpu;        /* this one: see wakeup.c */
    uint64_t everyone_served_ns;

    /* The stop that the server's own wait has shown: see tracer_thread_resume_later(). */
    pid_t serving; /* 0: none */
    struct stop_prefetch prefetch;
    bool has_company;      /* there are other servers */
    pid_t resume;          /* to be resumed when the turn is over; 0: none */
    target_addr resume_at; /* here, */
    int resume_signal;     /* with this */

    _Atomic(struct thread_call *) asked;
    unsigned n_calls;    /* done for others */
    atomic_bool waiting; /* in waitid(2), or about to be: see wakeup.c */
    atomic_bool woken;   /* it is to come out of that */
    atomic_bool ending;
    atomic_ulong waits; /* see struct engine_stats */
};

/* Makes the calling thread the primary, and takes the turn. */
MUST_CHECK int tracer_threads_init(struct engine *engine);
/* Ends all but the primary. No tracee may be left. */
void tracer_threads_free(struct engine *engine);
/* The number of servers there may be: about one for each CPU the tracer may use. */
unsigned tracer_threads_most(const struct engine *engine);
/* The server with that number, which may be one more than there are: it is then started. NULL when
   that fails. */
struct tracer_thread *tracer_threads_get(struct engine *engine, unsigned index);

/* Waits for the turn, and does meanwhile what others ask. */
void tracer_thread_lock(struct tracer_thread *server);
void tracer_thread_unlock(struct tracer_thread *server);
/* Without a turn: the server's wait has shown this. */
void tracer_thread_prefetch(struct tracer_thread *server, const siginfo_t *info);
/*
 * A thread that is resumed on the server's own CPU may run at once, before the server does. So the
 * one whose stop the acting server's wait has shown is resumed only when the turn is over. false:
 * it is another one, resume it now. What asks for a stopped thread of another server first
 * interrupts it, by way of that one, and so does not come in between.
 */
bool tracer_thread_resume_later(struct tracer_thread *server, pid_t tid, target_addr pc,
                                int signal);
/* The acting server resumes it now: it is about to look at its other threads. */
void tracer_thread_resume_now(struct tracer_thread *server);
/* Runs run(data) on the server's thread, as part of the turn of the caller, which waits for it. */
void tracer_thread_call(struct tracer_thread *server, void (*run)(void *data), void *data);

#endif
