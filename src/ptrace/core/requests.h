/* SPDX-License-Identifier: MIT */
/*
 * Requests to the kernel about a stopped thread, each made on the thread of its owner
 * (ptrace/core/tracer_thread.h) and counted by its kind in the engine's statistics. What this
 * directory asks of ptrace(2) it asks through here, so that the counts are all there is. 0 or a
 * negative errno; -ESRCH: the thread is gone.
 */
#ifndef PTRACE_CORE_REQUESTS_H
#define PTRACE_CORE_REQUESTS_H

#include <stdint.h>
#include <sys/types.h>

#include "ptrace/arch/arch.h"
#include "util/addr.h"
#include "util/error.h"

struct engine;
struct tracer_thread;

int engine_ptrace(struct engine *engine, int request, pid_t tid, void *addr, uintptr_t data);

/* The tracer thread that is the stopped thread's tracer, by asking all. NULL: none is. */
struct tracer_thread *engine_tracer_of(struct engine *engine, pid_t tid);

/* arch_get_regs() and its like, counted. */
MUST_CHECK int engine_get_regs(struct engine *engine, pid_t tid, arch_regs *regs);
MUST_CHECK int engine_set_regs(struct engine *engine, pid_t tid, const arch_regs *regs);
MUST_CHECK int engine_get_float_regs(struct engine *engine, pid_t tid,
                                     struct arch_float_regs *regs);
MUST_CHECK int engine_set_pc(struct engine *engine, pid_t tid, arch_regs *regs, target_addr pc);

/* A word of the stopped thread's memory, at an aligned address: also where /proc/PID/mem cannot be
   opened, and written where pages are read-only. */
MUST_CHECK int engine_read_word(struct engine *engine, pid_t tid, target_addr at, uint64_t *word);
MUST_CHECK int engine_write_word(struct engine *engine, pid_t tid, target_addr at, uint64_t word);

/* The signal mask of a stopped thread, as the kernel has it: bit 0 is signal 1. */
int engine_get_mask(struct engine *engine, pid_t tid, uint64_t *mask);
int engine_set_mask(struct engine *engine, pid_t tid, uint64_t mask);

#endif
