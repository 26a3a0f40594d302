/* SPDX-License-Identifier: MIT */
/*
 * What a tracer thread finds out about a stop that its wait has shown before it has its turn: all
 * that serving a breakpoint asks of the kernel most of the time. While one tracer thread serves,
 * the others can so do half of their work. Memory is read only with `reads`: while there is one
 * tracer thread alone, it is read together with what else a hit needs.
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
    pid_t tid; /* whom it is about; 0: nobody */
    bool has_regs;
    arch_regs regs;
    bool has_return;
    uint64_t return_address; /* at arch_entry_slot() */
    int cpu;                 /* -1: not known */
    unsigned n_reads;        /* of memory, that this took */
    /* The last thread that was served, where its CPU stands, and that it need not be read: see
       ptrace/threads/current_cpu.h. */
    pid_t last_tid;
    target_addr last_cpu_at;
    bool last_is_bound;
    /* Where returns were served lately, by some bits of the PC: nothing is on the stack there. */
    target_addr returns[STOP_PREFETCH_RETURNS];
};

/* On the thread of the owner of the stopped thread. */
void stop_prefetch_read(struct stop_prefetch *prefetch, const struct stop *stop, bool reads);
/* Nothing of it holds any more. */
void stop_prefetch_drop(struct stop_prefetch *prefetch);
/* Where to look the next time for the CPU of the thread that is served; not at all when it is bound
   to one. */
void stop_prefetch_learn(struct stop_prefetch *prefetch, pid_t tid, target_addr cpu_at,
                         bool is_bound);
/* The thread it is about has returned from a function. */
void stop_prefetch_learn_return(struct stop_prefetch *prefetch);

/* The thread's registers, once; what else is known holds until it is dropped. false: not known. */
bool stop_prefetch_take_regs(struct stop_prefetch *prefetch, pid_t tid, arch_regs *regs);

#endif
