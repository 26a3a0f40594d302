/* SPDX-License-Identifier: MIT */
/* Tracees: traced threads and their processes. */
#ifndef PTRACE_CORE_TRACEE_H
#define PTRACE_CORE_TRACEE_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/callstack.h"
#include "ptrace/engine.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/table.h"

struct address_space;
struct tracer_thread;

/* struct sigaction of rt_sigaction(2). */
struct kernel_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

/* Whether a thread blocks SIGTRAP, as far as is known. */
enum trap_block {
    TRAP_NOT_BLOCKED,
    TRAP_BLOCKED,
    TRAP_BLOCK_UNKNOWN, /* the C library blocks all signals for a moment */
};

/* The disposition of SIGTRAP in a process, as far as is known. */
struct sigtrap {
    bool special; /* handled or ignored: not the default */
    bool known;   /* `action` is valid */
    struct kernel_sigaction action;
};

/* The actions for SIGSEGV and SIGBUS, as far as is known: see fault_signals.h. */
enum { FAULT_SIGNALS = 2 };

struct fault_signals {
    bool known;
    struct kernel_sigaction actions[FAULT_SIGNALS];
};

struct process {
    struct engine *engine;
    pid_t pid;
    struct address_space *space; /* set by process_set_space() */
    struct process *previous_in_space, *next_in_space;
    struct tracee *threads;
    unsigned n_threads;
    /* Set by process_set_silent(): it passes breakpoints, and its calls are not reported. For
       example a child that is not followed and runs in its parent's memory until an exec. */
    bool silent;
    bool leaving;        /* it is being detached, thread by thread: see detach.c */
    bool announced;      /* `started` was called, so `ended` must be */
    bool was_threaded;   /* it has had more than one thread since its last execve(2) */
    bool never_migrates; /* its threads cannot migrate: see tracee_migration_prepare() */
    struct sigtrap trap;
    struct fault_signals faults;
    uint64_t pin_not_before_ns; /* no thread of it is bound before this: see cpu_pinning.h */
    int exit_status;            /* of its leader, as from waitpid(2) */
    bool leader_lost;        /* the leader has ended during its migration: see tracee_migration.c */
    long place_in_namespace; /* its ID in its own PID namespace; 0 or negative: not known */
    bool dying; /* detached so that it dies, and its end is to be reported: see namespace_init.h */
    struct process *next_dying; /* used once it is in no table any more */
    void *data;                 /* the sink's */
};

/* The CPU pinning of a tracee: see ptrace/threads/cpu_pinning.h. */
struct tracee_pinning {
    struct tracer_thread *bound; /* the tracer thread whose CPU it is bound to; NULL: not bound */
    bool move;                   /* when it migrates, it is bound to its new owner's CPU */
    bool crowded;                /* it shares its CPU with other busy threads */
    bool never;                  /* it cannot be bound, or must not be */
    unsigned hits;               /* since `looked_ns` */
    uint64_t looked_ns;          /* time of the last review */
    uint64_t ran_ns;             /* its run time at `looked_ns`; 0: not known */
    uint64_t not_before_ns;
    cpu_set_t affinity; /* its own affinity, valid while bound */
    struct tracee *prev, *next;
};

enum { TRACEE_NAME_MAX = 16 };

struct tracee {
    pid_t tid;
    struct process *process;
    struct tracee *previous, *next;   /* in the process's list */
    struct tracer_thread *owner;      /* the tracer thread that traces it: see tracer_thread.h */
    struct tracer_thread *migrate_to; /* the new owner after this stop; NULL: none */
    unsigned hits_here;               /* hits with this owner: see engine_options.migrate_every */
    bool reaped; /* it has ended, and `end` is not handled yet: see wait_reap_ends() */
    struct stop end;
    uint64_t changes_seen; /* address_space.changes when it was last resumed: see fork_copy() */
    bool unstoppable;      /* the last attempt to stop it failed: see wait_stop_all() */
    bool left_trap;        /* it ran a remote system call at this stop: see remote_syscall() */
    bool listening;        /* in a group-stop, after PTRACE_LISTEN */
    bool vforking;         /* it waits in vfork(2) for its child: it can neither stop nor run */
    enum trap_block trap_block; /* whether it blocks SIGTRAP: see sigtrap.h */
    /* Its signal mask when SIGTRAP was found blocked. 0: it is known from the program's calls. */
    uint64_t trap_mask;
    siginfo_t deferred_trap; /* SIGTRAP to deliver later; si_signo 0: none; see sigtrap.h */
    /* The signals of fault_signals.h that it blocks; whether that is known; and where the call of
       sigaction() for one of them returns to that it is in, 0: none. */
    uint64_t faults_blocked;
    bool faults_known;
    target_addr fault_action_return;
    bool in_sigaction; /* it is in sigaction() for SIGTRAP, with this handler */
    uint64_t sigaction_handler;
    uint64_t exception; /* the last exception object given to the unwinder, 0: none */
    struct callstack frames;
    struct stack_range stack; /* the stack it was last seen on */
    /* After a fault in a displaced instruction, the signal handler returns to the breakpoint. That
       second trap is not a second call. */
    target_addr retry_at;
    uint64_t retry_sp;
    uint64_t measured_from_ns; /* see measured_stop.h; 0: no stop is measured */
    uint64_t measured_from_cpu_ns;
    bool measured_as_return;
    uint64_t thread_pointer;                    /* at its start, if jumps are wanted */
    uint64_t first_sp;                          /* likewise */
    struct stack_range own_stack, signal_stack; /* see ptrace/jumps/own_stack.h */
    bool shares_pointer;                        /* another thread has it, too */
    struct ring *ring;                          /* NULL: none; see ptrace/jumps/rings.h */
    uint32_t records_gap; /* calls of an older epoch are older than hits that were dropped */
    bool has_dropped;     /* hits, since the last one that was reported */
    char name[TRACEE_NAME_MAX];
    uint64_t name_read_ns;
    target_addr rseq;   /* its struct rseq in the target's memory, 0: none */
    uint8_t rseq_asked; /* failed queries */
    int stat_fd;        /* /proc/PID/task/TID/stat if there is no rseq, else -1 */
    int schedstat_fd;   /* /proc/PID/task/TID/schedstat once it was needed, else -1 */
    struct tracee_pinning pinning;
};

/* Adds the thread to the engine's tables; its process must be in them. NULL: out of memory. */
struct tracee *tracee_new(struct process *process, pid_t tid);
/* Sets the tracer thread that traces it. */
void tracee_set_owner(struct tracee *tracee, struct tracer_thread *owner);

/* After an exec: resets what was known of the thread's old program. It is bound to no CPU by
   then. */
void tracee_forget_program(struct tracee *tracee);

/* Adds a process that lives in `space` (NULL: not known yet) to the engine's tables, and takes over
   the caller's use of the space. */
struct process *process_new(struct engine *engine, pid_t pid, struct address_space *space);
/* Calls the sink's `started`. `ended` must be called from now on. */
void process_announce(struct process *process, enum process_origin origin, struct process *other);
/* Sets the process's address space (NULL: none), and takes over the caller's use of it. The use of
   the old space goes back to the caller. */
void process_set_space(struct process *process, struct address_space *space);
/* Sets whether its calls are left unreported. */
void process_set_silent(struct process *process, bool silent);

/* Resumes a stopped thread with a signal, or 0. A thread that is gone is not an error: its end will
   be reported. */
void tracee_resume(struct tracee *tracee, int signal);
/* The signal to resume the thread with, after its trap was handled by sigtrap_restore(): SIGTRAP,
   or that of a fault in a stub, if one was deferred, else 0. It is blocked, so the kernel makes it
   pending again (ptrace_signal()). */
int tracee_take_deferred_trap(struct tracee *tracee);
/* The return address that the stopped thread has in a register, without a signature: see
   arch_return_register(). */
uint64_t tracee_return_register(const struct tracee *tracee, const arch_regs *regs);
/*
 * Whether a hit at `at`, with this stack pointer, was reported already: its first instruction
 * faulted. The signal handler may call traced functions before it returns to the instruction, or
 * may never return. Once the thread is higher on the stack, or has returned from that call, it does
 * not come back. To be called for each hit.
 */
bool tracee_is_retry(struct tracee *tracee, target_addr at, uint64_t sp);
/* Reads the thread's name, unless it was read a short time ago. */
void tracee_refresh_name(struct tracee *tracee, uint64_t now_ns);

/* How long the call took that ends now, in ns. 0: not known. */
uint64_t tracee_call_time(const struct tracee *tracee, const struct frame *frame, uint64_t now_ns);

/* The ID of the thread's thread group, from /proc; 0: the thread is gone, or /proc is not
   readable. */
pid_t tracee_thread_group(pid_t tid);
/* Whether the thread, which may have ended but is not reaped, is in the group. Uses tgkill(2),
   which needs no file. */
bool tracee_is_in_group(pid_t tid, pid_t group);

#endif
