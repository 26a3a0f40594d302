/* SPDX-License-Identifier: MIT */
/*
 * Tracees: a traced thread, and the process it is one of.
 */
#ifndef PTRACE_CORE_TRACEE_H
#define PTRACE_CORE_TRACEE_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/core/callstack.h"
#include "ptrace/engine.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/table.h"

struct address_space;
struct tracer_thread;

/* A struct sigaction as rt_sigaction(2) has it. */
struct kernel_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

/* What is remembered of a thread. */
enum trap_block {
    TRAP_NOT_BLOCKED,
    TRAP_BLOCKED,
    TRAP_BLOCK_UNKNOWN, /* the C library blocks everything for a moment */
};

/* What is remembered of a process. */
struct sigtrap {
    bool special; /* handled or ignored, not the default */
    bool known;   /* `action` is what it is */
    struct kernel_sigaction action;
};

struct process {
    struct engine *engine;
    pid_t pid;
    struct address_space *space; /* set by process_set_space() */
    struct process *previous_in_space, *next_in_space;
    struct tracee *threads;
    unsigned n_threads;
    bool
        silent; /* set by process_set_silent(): a child that is not followed, in its parent's memory
                   until it executes: its breakpoints are passed, its calls are not reported */
    bool leaving;        /* it is let go, thread by thread, as soon as they can be: see detach.c */
    bool announced;      /* `started` was called: `ended` is owed */
    bool was_threaded;   /* since its last execve(2) it has had more than one thread */
    bool never_migrates; /* its threads cannot be handed over: see tracee_migration_prepare() */
    struct sigtrap trap;
    uint64_t pin_not_before_ns; /* its threads stay where they are until then: see cpu_pinning.h */
    int exit_status;            /* of its leader, as waitpid gives it */
    bool leader_lost; /* that has ended on its way to another tracer thread: see tracee_migration.c
                       */
    long place_in_namespace;    /* its ID in its own PID namespace; not positive: not known yet */
    bool dying;                 /* let go to die, and its end is to be seen: see namespace_init.h */
    struct process *next_dying; /* once it is in no table any more */
    void *data;                 /* the sink's */
};

/* What is kept of a tracee's CPUs: see ptrace/threads/cpu_pinning.h. */
struct tracee_pinning {
    struct tracer_thread *bound; /* on whose CPU it is; NULL: it is not bound */
    bool move;                   /* when it is handed over, it is bound with its new owner */
    bool crowded;                /* it shares its CPU with other busy threads */
    bool never;                  /* it cannot be bound, or there is no sense in it */
    unsigned hits;               /* since the last look */
    uint64_t looked_ns;          /* when that was */
    uint64_t ran_ns;             /* how long it had run by then; 0: not known */
    uint64_t not_before_ns;
    cpu_set_t affinity; /* its own affinity, while bound */
    struct tracee *prev, *next;
};

enum { TRACEE_NAME_MAX = 16 };

struct tracee {
    pid_t tid;
    struct process *process;
    struct tracee *previous, *next;   /* of the process */
    struct tracer_thread *owner;      /* whose requests it takes: see tracer_thread.h */
    struct tracer_thread *migrate_to; /* to be handed to that one at this stop; NULL: to none */
    unsigned hits_here; /* with this owner, of which engine_options.migrate_every tells */
    bool reaped;        /* it has ended, and `end` is still to be served: see wait_reap_ends.h */
    struct stop end;
    uint64_t changes_seen; /* of the space, when it was last resumed: see fork_copy() */
    bool unstoppable;      /* it could not be stopped when it was last tried: see wait_stop_all() */
    bool left_trap; /* it made a system call for the engine at this stop: see remote_syscall() */
    bool listening; /* in a group-stop, PTRACE_LISTEN */
    bool vforking;  /* waits in vfork(2) for its child: cannot stop, cannot run */
    enum trap_block trap_block; /* whether it blocks SIGTRAP: see sigtrap.h */
    uint64_t trap_mask;         /* the mask in which it was found blocked; 0: it was asked for */
    siginfo_t deferred_trap;    /* a SIGTRAP of the program's, si_signo 0: none; see sigtrap.h */
    bool in_sigaction;          /* for SIGTRAP, with this handler */
    uint64_t sigaction_handler;
    uint64_t exception; /* the last one the unwinder was called with, 0: none */
    struct callstack frames;
    struct stack_range stack; /* the one it was last seen on */
    /* A fault in a displaced instruction sends the thread back to the breakpoint once its handler
       is done; that second trap is no second call. */
    target_addr retry_at;
    uint64_t retry_sp;
    char name[TRACEE_NAME_MAX];
    uint64_t name_read_ns;
    target_addr rseq;   /* its struct rseq in the target, 0: none */
    uint8_t rseq_asked; /* how often, in vain */
    int stat_fd;        /* /proc/PID/task/TID/stat where there is no rseq, else -1 */
    struct tracee_pinning pinning;
};

/* Makes the thread known; its process must be. NULL when memory is out. */
struct tracee *tracee_new(struct process *process, pid_t tid);
/* Notes whose it is now. */
void tracee_set_owner(struct tracee *tracee, struct tracer_thread *owner);

/* After an exec: nothing of what was known of the thread's program holds any more. It is bound to
   no CPU by then. */
void tracee_forget_program(struct tracee *tracee);

/* Makes a process known that lives in `space` (whose user it becomes; NULL: not known yet). */
struct process *process_new(struct engine *engine, pid_t pid, struct address_space *space);
/* Tells the sink of it: `ended` is owed from now on. */
void process_announce(struct process *process, enum process_origin origin, struct process *other);
/* The process lives in `space` from now on (NULL: in none), whose user it becomes. It was in
   another one before, or in none. */
void process_set_space(struct process *process, struct address_space *space);
/* Whether its calls are not reported. */
void process_set_silent(struct process *process, bool silent);

/* Resumes a stopped thread with a signal or 0. A thread that is gone is no error: its end will be
   reported. */
void tracee_resume(struct tracee *tracee, int signal);
/* What the thread, stopped by a trap and mended, is to be resumed with: 0, or SIGTRAP when one is
   owed. As it is blocked, the kernel makes it pending again (ptrace_signal()). */
int tracee_take_deferred_trap(struct tracee *tracee);
/* Reads the thread's name again when what is known is old. */
void tracee_refresh_name(struct tracee *tracee, uint64_t now_ns);

/* The thread group of a thread by /proc; 0 when it is gone, or /proc cannot be read. */
pid_t tracee_thread_group(pid_t tid);
/* Whether the thread, which may have ended but is not reaped, is one of the group: by tgkill(2),
   which needs no file. */
bool tracee_is_in_group(pid_t tid, pid_t group);

#endif
