/* SPDX-License-Identifier: MIT */
/*
 * libptrace_engine: follow processes with ptrace and report the calls of chosen functions.
 *
 * The engine knows processes, threads, addresses and breakpoints. It knows no LTTng, no DWARF and
 * no ELF: which address is a function, and where its arguments lie, comes to it as a `struct
 * probe`. What happens comes out through a `struct engine_sink`.
 *
 * All functions but engine_wake() and engine_stop() belong to the thread that made the engine, or
 * to a call of the sink. While several traced threads are busy the engine has threads of its own,
 * about one for each CPU, since ptrace binds a traced thread to the one that attached to it: the
 * sink, and watchers, are then called on any of them, but never two calls at the same time, and
 * what a call changes the next one sees. All signals but SIGUSR2 and SIGCHLD are blocked in the
 * engine's own threads. The engine has the handler of SIGUSR2; one that another process sends
 * becomes a SIGTERM to this one, unless SIGUSR2 was ignored or blocked when the engine was made.
 * Functions return 0 or a negative errno unless said otherwise. A process or thread that vanishes
 * is an event, never an error.
 */
#ifndef PTRACE_ENGINE_H
#define PTRACE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "model/hit.h"
#include "util/addr.h"
#include "util/error.h"

struct engine;
struct process; /* one traced process (thread group), alive until its sink's `ended` returned */

/* How a process came to the engine. */
enum process_origin {
    PROCESS_LAUNCHED, /* stopped before the first instruction of the new program */
    PROCESS_ATTACHED, /* one of its threads is stopped */
    PROCESS_FORKED,   /* a followed child, stopped before its first instruction; it keeps the
                         parent's armed sites: arm nothing again */
    PROCESS_SHARING,  /* it lives in the memory of another, made by vfork(2), posix_spawn(3) or
                         clone(2) with CLONE_VM: what is armed and watched there holds for it, too.
                         Arm and watch nothing. It may live longer than the other one */
};

/* What the engine reports. Any member may be NULL. `data` is the sink's own. */
struct engine_sink {
    void *data;
    void (*hit)(void *data, const struct hit *hit);
    /* A process is there: arm what is wanted. `other` is its parent with PROCESS_FORKED, one whose
       memory it lives in with PROCESS_SHARING, else NULL. */
    void (*started)(void *data, struct process *process, enum process_origin origin,
                    struct process *other);
    /* It has executed another program: all its sites are forgotten, unless others live on in the
       memory that it has left; stopped before the first instruction of the new program. */
    void (*executed)(void *data, struct process *process);
    /* It is gone (status as waitpid gives it), or let go (detached, status -1). */
    void (*ended)(void *data, struct process *process, int status);
    /* engine_wake() was called since the last time. */
    void (*woken)(void *data);
    /*
     * Writes the name of the code at `at` into out (of `size` bytes, NUL included, at least 64) and
     * returns its length: "symbol" at a function's first byte, "symbol+0x1c" behind it,
     * "libfoo.so.2+0x1234" where there is no symbol, hex where there is no file. name_return(): the
     * same for a return address, which belongs to the call in front of it. Called while a hit is
     * served, from whichever thread serves it.
     */
    size_t (*name_code)(void *data, struct process *process, target_addr at, char *out,
                        size_t size);
    size_t (*name_return)(void *data, struct process *process, target_addr at, char *out,
                          size_t size);
    /* Whether a program or library that was loaded has its code at `at`, whatever is mapped there
       now. Called while a hit is served, as these are. Without it only files have code. */
    bool (*is_code)(void *data, struct process *process, target_addr at);
};

struct engine_options {
    bool follow_forks;
    bool no_pin; /* bind no thread to a CPU */
    /* When the launched program has stopped, stop the calling process as well, by the same signal
       (job control). The caller has SIGTSTP, SIGTTIN and SIGTTOU ignored. */
    bool stop_with_program;
    size_t
        string_limit; /* bytes of a string value, HIT_STRING_MAX at most; 0: HIT_STRING_DEFAULT */
    size_t stack_frames; /* of EXTRA_STACK, HIT_STACK_MAX at most; 0: HIT_STACK_DEFAULT */
    /* RLIMIT_NOFILE for a program that is launched; rlim_max 0: the caller's. */
    struct rlimit descriptors;
    /*
     * How long letting go of everything waits for threads that cannot be stopped: one that waits in
     * vfork(2) for its child, or sleeps in the kernel where no signal reaches it. Of what is left
     * then the kernel lets go when the caller's process ends, which should be soon; their memory
     * has no breakpoints any more. 0: as long as it takes.
     */
    unsigned let_go_ms;
    /* For tests: each thread is handed to another of the engine's threads whenever it has had so
       many hits. 0: only when that pays. */
    unsigned migrate_every;
};

/* Requests of ptrace(2) by kind. */
enum engine_request {
    REQUEST_GET_REGS,
    REQUEST_GET_FLOAT_REGS,
    REQUEST_SET_REGS,
    REQUEST_SET_PC,
    REQUEST_RESUME, /* PTRACE_CONT, PTRACE_SYSCALL, PTRACE_LISTEN */
    REQUEST_STEP,
    REQUEST_INTERRUPT,
    REQUEST_SEIZE,
    REQUEST_DETACH,
    REQUEST_SIGINFO, /* read or written */
    REQUEST_SIGMASK, /* read or written */
    REQUEST_OTHER,
    REQUEST_KINDS
};

/* Counters since the engine was made. */
struct engine_stats {
    uint64_t stops;
    uint64_t idle_stops; /* at the place of a call, by what was called there and is not traced */
    uint64_t waits;      /* for the next stop, a look for it included */
    uint64_t calls;      /* of armed functions */
    uint64_t entries;    /* reported */
    uint64_t exits;
    uint64_t single_steps;
    uint64_t text_writes;  /* of breakpoints and slots */
    uint64_t memory_reads; /* requests for what a hit needs of the program's memory */
    uint64_t requests[REQUEST_KINDS];
    uint64_t ptrace_calls; /* the sum of these */
    uint64_t walked;       /* threads that were looked at for the sake of all of their space */
    uint64_t bindings;     /* of threads to a CPU */
    uint64_t attach_ns;    /* the time it took to attach, `started` included, of all processes */
    uint64_t detach_ns;    /* and to let go */
    uint64_t migrations;   /* of threads from one thread of the engine to another */
    uint64_t frames_lost;  /* exits that could not be awaited: out of memory or too deep */
};

MUST_CHECK int engine_new(const struct engine_options *options, const struct engine_sink *sink,
                          struct engine **engine);
/* Lets go of everything still traced, and of a child that has not run yet. Outside engine_run().
   May be called again to let go of what could not be stopped before (let_go_ms). */
void engine_let_go(struct engine *engine);
/* Likewise, then frees. NULL is fine. */
void engine_free(struct engine *engine);

/*
 * Makes a child that will become argv[0] (searched in PATH as execvp would) and waits, not yet
 * traced and with the caller's credentials, for engine_launch_run(). So a tracer can give up
 * privileges in between. *pid receives the child's.
 */
MUST_CHECK int engine_launch_prepare(struct engine *engine, char *const argv[], pid_t *pid,
                                     struct error *err);
/* Seizes that child and lets it execute the program; `started` is called when it has. Fails with
   execve's errno when the kernel refuses the program. */
MUST_CHECK int engine_launch_run(struct engine *engine, struct error *err);

/* After a failure of either: whether it is the program that cannot be run, as the search for it or
   execve(2) says; the errno returned is then that. */
bool engine_launch_refused(const struct engine *engine);

/* Attaches to a running process with all its threads and calls `started`. -EINTR: engine_stop() was
   called meanwhile; the process has been let go. */
MUST_CHECK int engine_attach(struct engine *engine, pid_t pid, struct error *err);

/* Serves stops until no traced process is left or engine_detach() has let go of all. */
MUST_CHECK int engine_run(struct engine *engine, struct error *err);

/* Makes engine_run() call `rung` soon (within some ms). From any thread; also from the sink. */
void engine_wake(struct engine *engine);

/* From any thread: engine_attach() gives up soon, with -EINTR, and engine_run() lets go of every
   process as after engine_detach(). */
void engine_stop(struct engine *engine);

/* To be called from the sink or outside engine_run(): lets go of every process with its text
   as it was; engine_run() then returns 0. */
void engine_detach(struct engine *engine);

/* Calls visit for each process there is now; one that ends meanwhile is left out. */
void engine_each_process(struct engine *engine, void (*visit)(void *data, struct process *process),
                         void *data);

/* From any thread; while hits are served some counts may be older than others. */
void engine_get_stats(const struct engine *engine, struct engine_stats *stats);

pid_t process_pid(const struct process *process);
/* A thread under whose ID /proc shows the process's mappings and files: its leader, or, when that
   has ended before the others, one of those. */
pid_t process_task(const struct process *process);
/* The sink's own pointer for this process. */
void process_set_data(struct process *process, void *data);
void *process_data(const struct process *process);

/*
 * Wants hits of the kinds in `kinds` (mask of enum hit_kind, not 0) of the function at `entry`.
 * Armed again, the newer kinds and probe hold. The probe must live until the process is gone or the
 * function disarmed. -EINVAL when there is no code there that a breakpoint can stand on; -EAGAIN
 * when it is to be asked again later; else memory was lacking, or the kernel refused. With the
 * reason in err.
 */
MUST_CHECK int process_arm(struct process *process, target_addr entry, const struct probe *probe,
                           unsigned kinds, struct error *err);
/* Wants none any more; nothing happens when it was not armed. */
void process_disarm(struct process *process, target_addr entry);
/* Forgets all that stands in [start, end), which was unmapped. */
void process_forget(struct process *process, target_addr start, target_addr end);

/*
 * Calls `reached` each time a thread of the process, or of another in its memory whose calls are
 * reported, is about to execute the instruction at `at`, while that thread is stopped: `process` is
 * that thread's. Several watchers of one address are called in the order they came.
 *
 * A watch belongs to the memory. It ends by process_unwatch(), or when the last of those that
 * `started` has told of leaves the memory: it has ended, is let go, or has executed another
 * program. `data` must live until then, and may go in that call of `ended` or `executed`.
 */
typedef void watch_reached(void *data, struct process *process, pid_t tid);
MUST_CHECK int process_watch(struct process *process, target_addr at, watch_reached *reached,
                             void *data, struct error *err);
void process_unwatch(struct process *process, target_addr at, watch_reached *reached, void *data);
/* Takes away all watches with this data in the process's memory. */
void process_unwatch_all(struct process *process, const void *data);

/*
 * Functions by which activations are left without returning, so that these get no exit and confuse
 * none that comes later. `at` is the entry of
 *  - JUMP_LONGJMP: longjmp() of a C library, or an alias of it
 *  - JUMP_CONTEXT: setcontext() of a C library
 *  - JUMP_THROW: _Unwind_RaiseException() and others that are called with an exception object
 *  - JUMP_CATCH: __cxa_begin_catch()
 */
enum process_jump { JUMP_LONGJMP, JUMP_CONTEXT, JUMP_THROW, JUMP_CATCH };
MUST_CHECK int process_watch_jump(struct process *process, target_addr at, enum process_jump jump,
                                  struct error *err);

/* Where the functions of a C library begin by which a program changes what becomes of SIGTRAP.
   0: there is none. */
struct signal_functions {
    target_addr sigmask;   /* pthread_sigmask() */
    target_addr sigaction; /* sigaction() */
    target_addr syscall;   /* syscall() */
};

/* What they make of SIGTRAP is remembered and kept up (breakpoints would undo it). To be asked for
   before anything is armed. The others are watched where one cannot be. */
MUST_CHECK int process_watch_signals(struct process *process, const struct signal_functions *at,
                                     struct error *err);

/* `at` is the entry of a function of the C library that asks for or sets CPU affinities: those that
   tracing has changed are given back before it runs. */
MUST_CHECK int process_watch_affinity(struct process *process, target_addr at, struct error *err);

/* Reads n bytes of memory as the program would see them: planted breakpoints do not show.
   All or nothing: -EIO. */
MUST_CHECK int process_read(struct process *process, target_addr at, void *buffer, size_t n);

#endif
