/* SPDX-License-Identifier: MIT */
/*
 * What a tracer thread reads about a stop before it takes the engine lock: usually all that a
 * breakpoint's handling needs from the kernel. So the tracer threads can do half of their work in
 * parallel. Memory is read only with `reads`: a single tracer thread reads it together with the
 * other memory that a hit needs.
 */
#ifndef PTRACE_CORE_STOP_PREFETCH_H
#define PTRACE_CORE_STOP_PREFETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/arch/arch.h"
#include "ptrace/os/wait_status.h"

enum { STOP_PREFETCH_RETURNS = 64 };

struct stop_prefetch {
    pid_t tid; /* the stopped thread; 0: none */
    bool has_regs;
    arch_regs regs;
    bool has_return;
    uint64_t return_address; /* the word at arch_entry_slot() */
    int cpu;                 /* -1: not known */
    unsigned n_reads;        /* number of memory reads made */
    /* The last thread that was handled, the address of its CPU number, and whether it is bound to a
       CPU, so that the number need not be read: see ptrace/threads/current_cpu.h. */
    pid_t last_tid;
    target_addr last_cpu_at;
    bool last_is_bound;
    pid_t as_return; /* this thread's next stop is like one at a return; 0: none */
    /* The PCs of recent returns, hashed: no return address is on the stack there. */
    target_addr returns[STOP_PREFETCH_RETURNS];
};

/* To be called on the thread of the stopped thread's owner. */
void stop_prefetch_read(struct stop_prefetch *prefetch, const struct stop *stop, bool reads);
/* Invalidates all of it. */
void stop_prefetch_drop(struct stop_prefetch *prefetch);
/* Remembers how to find the CPU of the thread that is being handled. `is_bound`: it need not be
   read. */
void stop_prefetch_learn(struct stop_prefetch *prefetch, pid_t tid, target_addr cpu_at,
                         bool is_bound);
/* The stopped thread has returned from a function. */
void stop_prefetch_learn_return(struct stop_prefetch *prefetch);

/* The thread's registers. Works once; the rest stays valid until stop_prefetch_drop(). false: not
   known. */
bool stop_prefetch_take_regs(struct stop_prefetch *prefetch, pid_t tid, arch_regs *regs);

#endif
