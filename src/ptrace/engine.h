/* SPDX-License-Identifier: MIT */
/*
 * libptrace_engine: follows processes with ptrace(2) and reports the calls of selected functions.
 *
 * The engine knows processes, threads, addresses and breakpoints. It knows no LTTng, DWARF or ELF:
 * a `struct probe` tells it the address of a function and the places of its arguments. It reports
 * through a `struct engine_sink`.
 *
 * All functions but engine_wake() and engine_stop() must be called on the thread that made the
 * engine, or from a call of the sink. While several traced threads are busy, the engine has threads
 * of its own, about one for each CPU, since ptrace binds a tracee to the thread that attached to
 * it. The sink and watch functions may then be called on any of them, but never two at the same
 * time, and each call sees the changes of earlier ones. In the engine's own threads all signals but
 * SIGUSR2 and SIGCHLD are blocked. The engine has the handler of SIGUSR2. A SIGUSR2 from another
 * process becomes a SIGTERM to this one, unless SIGUSR2 was ignored or blocked when the engine was
 * made. Functions return 0 or a negative errno unless noted otherwise. That a process or thread is
 * gone is an event, never an error.
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
struct process; /* one traced process (thread group), valid until the sink's `ended` has returned */

/* How a process became a traced one. */
enum process_origin {
    PROCESS_LAUNCHED, /* stopped before the first instruction of the new program */
    PROCESS_ATTACHED, /* one of its threads is stopped */
    PROCESS_FORKED,   /* a followed child, stopped before its first instruction; it has the parent's
                         armed sites: do not arm them again */
    PROCESS_SHARING,  /* it runs in the memory of another one, made by vfork(2), posix_spawn(3) or
                         clone(2) with CLONE_VM: what is armed and watched there applies to it, too.
                         Arm and watch nothing. It may outlive the other one */
};

/* What of the program's code a jump may replace: whole instructions. */
enum { JUMP_REGION_MAX = 24 };
struct jump_region {
    uint8_t skip; /* it begins so many bytes behind the address */
    uint8_t length;
    bool is_single;                /* one instruction, and padding behind it */
    bool ends_in_call;             /* the return address that it sets is the region's end */
    uint8_t code[JUMP_REGION_MAX]; /* as in the file */
};

/* What the engine reports. Any member may be NULL. `data` is the sink's own. */
struct engine_sink {
    void *data;
    void (*hit)(void *data, const struct hit *hit);
    /* A call of which both hits were wanted was left by an exception or a jump: a hit of the kind
       HIT_UNWOUND, when that is known. Not of a thread that ends inside calls. Called like `hit`.
     */
    void (*unwound)(void *data, const struct hit *hit);
    /* A process is traced now: arm the wanted functions. `other`: its parent for PROCESS_FORKED, a
       process whose memory it shares for PROCESS_SHARING, else NULL. */
    void (*started)(void *data, struct process *process, enum process_origin origin,
                    struct process *other);
    /* It has executed another program and is stopped before its first instruction. All its sites
       are gone, unless other processes still use the memory it has left. */
    void (*executed)(void *data, struct process *process);
    /* It has ended (status as from waitpid(2)), or was detached (status -1). */
    void (*ended)(void *data, struct process *process, int status);
    /* engine_wake() was called since the last call. */
    void (*woken)(void *data);
    /*
     * Writes the name of the code at `at` to out (`size` bytes, NUL included, at least 64) and
     * returns its length: "symbol" at a function's first byte, "symbol+0x1c" after it,
     * "libfoo.so.2+0x1234" without a symbol, hex without a file. name_return(): the same for a
     * return address, which belongs to the call before it. Called while a hit is handled, on any of
     * the engine's threads.
     */
    size_t (*name_code)(void *data, struct process *process, target_addr at, char *out,
                        size_t size);
    size_t (*name_return)(void *data, struct process *process, target_addr at, char *out,
                          size_t size);
    /* Whether a program or library was loaded with code at `at`, whatever is mapped there now.
       Called like name_code(). If NULL, only mapped files have code. */
    bool (*is_code)(void *data, struct process *process, target_addr at);
    /* So many more calls of the function, and of its hits, were not reported for lack of room in a
       ring. On any thread, like `hit`. */
    void (*dropped)(void *data, const struct probe *probe, uint64_t calls, uint64_t hits);
    /*
     * Finds the code that a jump may replace at `at`, a function's entry or (`is_return`) a return
     * address. `single`: only one instruction. 0, or a negative errno with the reason, a static
     * text. -EAGAIN: it is asked again later. NULL: no jumps. Called on the primary thread.
     */
    int (*jump_region)(void *data, struct process *process, target_addr at, bool is_return,
                       bool single, struct jump_region *region, const char **reason);
    /*
     * After engine_measure_stops(): how long a thread took from the end of `hit` to the handling of
     * its next stop, although it executed nothing meanwhile. `at_return`: a stop at a return would
     * have taken as long, else one at an entry. cpu_ns: how long of that it was on a CPU; 0: not
     * known. Called like `hit`.
     */
    void (*stop_measured)(void *data, pid_t tid, uint64_t ns, uint64_t cpu_ns, bool at_return);
};

struct engine_options {
    bool follow_forks;
    bool no_pin; /* bind no thread to a CPU */
    /* Serve sites by jumps in the program after so many stops. 0: by stops only. */
    unsigned jump_after;
    unsigned jump_every_ms; /* the least time between two changes of jumps; 0: for tests */
    bool jumps_never_drop;  /* for tests: stop a thread whose ring is full */
    bool jumps_shadowed;    /* for tests: as if all threads had a shadow stack */
    /* When the launched program has stopped, stop the calling process, too, by the same signal (job
       control). The caller must ignore SIGTSTP, SIGTTIN and SIGTTOU. */
    bool stop_with_program;
    size_t string_limit; /* bytes of a string value, at most HIT_STRING_MAX; 0: the default */
    size_t stack_frames; /* of EXTRA_STACK, at most HIT_STACK_MAX; 0: HIT_STACK_DEFAULT */
    /* RLIMIT_NOFILE for the launched program; rlim_max 0: the caller's. */
    struct rlimit descriptors;
    /*
     * How long a detach from everything waits for threads that cannot be stopped: those that wait
     * in vfork(2) for a child, or are in an uninterruptible sleep. The kernel detaches from the
     * rest when the caller's process ends, which should be soon; their memory has no breakpoints
     * then. 0: without limit.
     */
    unsigned let_go_ms;
    /* For tests: engine_measure_stops() at once, and one call in so many is measured. 0: no. */
    unsigned measure_every;
    /* For tests: each thread migrates to another of the engine's threads after so many hits. 0:
       only when that pays. */
    unsigned migrate_every;
};

/* ptrace(2) requests by kind. */
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
    uint64_t idle_stops; /* at return sites, by calls of functions that are not traced */
    uint64_t waits;      /* for the next stop, polls included */
    uint64_t calls;      /* of armed functions */
    uint64_t entries;    /* reported */
    uint64_t exits;
    uint64_t unwound;        /* calls that were left by an exception or a jump */
    uint64_t measured_stops; /* second stops of entries: engine_measure_stops() */
    uint64_t single_steps;
    uint64_t text_writes;  /* of breakpoints and slots */
    uint64_t memory_reads; /* system calls that read the program's memory for hits */
    uint64_t requests[REQUEST_KINDS];
    uint64_t ptrace_calls;          /* the sum of `requests` */
    uint64_t walked;                /* threads visited in walks over an address space */
    uint64_t bindings;              /* of threads to a CPU */
    uint64_t attach_ns;             /* time to attach to all processes, `started` included */
    uint64_t detach_ns;             /* time to detach */
    uint64_t migrations;            /* of threads between the engine's threads */
    uint64_t frames_lost;           /* exits that will not be reported: out of memory or too deep */
    uint64_t jumps;                 /* planted */
    uint64_t jumps_lifted;          /* and lifted again */
    uint64_t stubs;                 /* made for them */
    uint64_t jump_batches;          /* changes of jumps */
    uint64_t jump_batch_ns;         /* time that programs were stopped for these, */
    uint64_t jump_batch_longest_ns; /* and for one of them */
    uint64_t jump_calls;            /* those of `calls` that were recorded, or dropped, by jumps */
    uint64_t records;               /* of jumps */
    uint64_t dropped;               /* hits that were not reported, for lack of room in a ring */
};

/* NULL, or why this machine cannot serve sites by jumps, a static text: engine_options.jump_after
   has no effect then. */
const char *engine_jumps_obstacle(void);

/* What recording the entry and the return of a call costs the program where jumps do it, in
   nanoseconds: between the times of both records, and before the first and after the second. Takes
   a millisecond. Negative errno. */
MUST_CHECK int engine_jump_cost(uint32_t *in_call, uint32_t *around);

/* NULL, or why no jump can record these hits of the function, a static text: a value needs the
   stopped thread. `kinds`: a mask of enum hit_kind. */
const char *engine_jump_obstacle(const struct probe *probe, unsigned kinds);

MUST_CHECK int engine_new(const struct engine_options *options, const struct engine_sink *sink,
                          struct engine **engine);
/* Detaches from everything, and ends a child that has not run yet. To be called outside
   engine_run(). May be called again for threads that could not be stopped before (let_go_ms). */
void engine_let_go(struct engine *engine);
/* Calls engine_let_go() and frees the engine. NULL is allowed. */
void engine_free(struct engine *engine);

/*
 * Creates a child for argv[0] (searched in PATH like execvp(3)). It waits, untraced and with the
 * caller's credentials, for engine_launch_run(), so a tracer can drop privileges in between. *pid:
 * the child's ID.
 */
MUST_CHECK int engine_launch_prepare(struct engine *engine, char *const argv[], pid_t *pid,
                                     struct error *err);
/* Seizes that child and lets it execute the program; then calls `started`. Fails with the errno of
   execve(2) if the kernel refuses the program. */
MUST_CHECK int engine_launch_run(struct engine *engine, struct error *err);

/* After a failure of either: whether the program cannot be run, according to the search for it or
   execve(2). Their errno is then the one that was returned. */
bool engine_launch_refused(const struct engine *engine);

/* Attaches to a running process with all its threads and calls `started`. -EINTR: engine_stop() was
   called meanwhile; the process is detached. */
MUST_CHECK int engine_attach(struct engine *engine, pid_t pid, struct error *err);

/* Handles stops until no traced process is left or engine_detach() has detached from all. */
MUST_CHECK int engine_run(struct engine *engine, struct error *err);

/* Makes engine_run() call `woken` within some ms. From any thread, also from the sink. */
void engine_wake(struct engine *engine);

/* From any thread: engine_attach() soon fails with -EINTR, and engine_run() detaches from every
   process as after engine_detach(). */
void engine_stop(struct engine *engine);

/* Reports the hits that jumps recorded before the call. From any other thread, but not from the
   sink. false: the engine was busy for limit_ms; it may be waiting for the caller. */
bool engine_report_recorded(struct engine *engine, unsigned limit_ms);

/* From the sink or outside engine_run(): detaches from every process and restores its code;
   engine_run() then returns 0. */
void engine_detach(struct engine *engine);

/* Calls visit for each traced process. A process that ends meanwhile is left out. */
void engine_each_process(struct engine *engine, void (*visit)(void *data, struct process *process),
                         void *data);

/* From now on, some stops are measured (the sink's stop_measured), if there are no jumps: of a
   thousand calls at nineteen, of a hundred thousand at ninety. Each costs one stop more. */
void engine_measure_stops(struct engine *engine);

/* From any thread. While hits are handled, some counts may be older than others. */
void engine_get_stats(const struct engine *engine, struct engine_stats *stats);

/* So many sites stopped threads so often (jump_after) that they were to have a jump. */
struct engine_jump_count {
    const char *reason; /* why they have none, a static text; NULL: they have, or had until there
                           was no use for it */
    uint64_t sites;
};

/* Fills in at most `max` counts, at least 2: first that of sites with a jump, perhaps 0, then those
   of the most frequent reasons, and last of all others. Returns how many, 0 without jumps. Outside
   engine_run(). */
size_t engine_jump_counts(const struct engine *engine, struct engine_jump_count *counts,
                          size_t max);

pid_t process_pid(const struct process *process);
/* The ID of a thread for which /proc shows the process's mappings and files: the leader or, if that
   has ended before the others, another thread. */
pid_t process_task(const struct process *process);
/* The sink's own pointer for this process. */
void process_set_data(struct process *process, void *data);
void *process_data(const struct process *process);

/*
 * Arms the function at `entry`: reports its hits of the kinds in `kinds` (mask of enum hit_kind,
 * not 0). If it is armed again, the new kinds and probe apply. The probe must live until the
 * process is gone or the function is disarmed. -EINVAL: there is no code that a breakpoint can be
 * planted in; -EAGAIN: try again later; else memory was lacking, or the kernel refused. The reason
 * is in err.
 */
MUST_CHECK int process_arm(struct process *process, target_addr entry, const struct probe *probe,
                           unsigned kinds, struct error *err);
/* Disarms it. Nothing happens if it was not armed. */
void process_disarm(struct process *process, target_addr entry);
/* Forgets all sites in [start, end), which was unmapped. */
void process_forget(struct process *process, target_addr start, target_addr end);

/*
 * Calls `reached` each time that a thread is about to execute the instruction at `at`. The thread
 * is stopped then, and belongs to `process`: the process, or another in its memory whose calls are
 * reported. Several watches on one address are called in the order they were set.
 *
 * A watch belongs to the memory. It ends with process_unwatch(), or when the last process for which
 * `started` was called leaves the memory: it ends, is detached, or executes another program. `data`
 * must live until then, and may be freed in that call of `ended` or `executed`.
 */
typedef void watch_reached(void *data, struct process *process, pid_t tid);
MUST_CHECK int process_watch(struct process *process, target_addr at, watch_reached *reached,
                             void *data, struct error *err);
void process_unwatch(struct process *process, target_addr at, watch_reached *reached, void *data);
/* Removes all watches with this `data` in the process's memory. */
void process_unwatch_all(struct process *process, const void *data);

/*
 * Functions that leave frames without a return. Watching them ensures that these frames get no
 * exit, and that no later call is mistaken for them. `at` is the entry of:
 *  - JUMP_LONGJMP: longjmp() of a C library, or an alias of it
 *  - JUMP_CONTEXT: setcontext() of a C library
 *  - JUMP_THROW: _Unwind_RaiseException() and other functions that take an exception object
 *  - JUMP_THREAD_END: _Unwind_ForcedUnwind(), by which a thread ends inside calls: pthread_exit(),
 *    cancellation
 *  - JUMP_CATCH: __cxa_begin_catch()
 */
enum process_jump { JUMP_LONGJMP, JUMP_CONTEXT, JUMP_THROW, JUMP_THREAD_END, JUMP_CATCH };
MUST_CHECK int process_watch_jump(struct process *process, target_addr at, enum process_jump jump,
                                  struct error *err);

/* The entries of the C library's functions by which a program changes its handling of SIGTRAP. 0:
   none. */
struct signal_functions {
    target_addr sigmask;   /* pthread_sigmask() */
    target_addr sigaction; /* sigaction() */
    target_addr syscall;   /* syscall() */
};

/* Records what these functions change, and restores it after each breakpoint, which would undo it.
   To be called before anything is armed. If one cannot be watched, the others are. */
MUST_CHECK int process_watch_signals(struct process *process, const struct signal_functions *at,
                                     struct error *err);

/* `at` is the entry of a C library function that asks for or sets CPU affinities: affinities that
   the tracer has changed are restored before it runs. */
MUST_CHECK int process_watch_affinity(struct process *process, target_addr at, struct error *err);

/* With jumps (jump_after); else nothing happens. `at` is the entry of a C library function that
   makes or switches to a stack that may have been suspended anywhere: makecontext(), swapcontext(),
   setcontext(). Once one is called, jumps replace single instructions only. */
MUST_CHECK int process_watch_stacks(struct process *process, target_addr at, struct error *err);
/* The same of functions that may make code writable, with the arguments of mprotect(): jumps there
   are lifted. */
MUST_CHECK int process_watch_protection(struct process *process, target_addr at, struct error *err);

/* Files were mapped into the process's memory. To be called before their code runs. */
void process_mapped(struct process *process);

/* Reads n bytes of memory as the program sees them: planted breakpoints are hidden. All or -EIO. */
MUST_CHECK int process_read(struct process *process, target_addr at, void *buffer, size_t n);

#endif
