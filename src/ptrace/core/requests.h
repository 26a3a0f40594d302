/* SPDX-License-Identifier: MIT */
/*
 * Requests to the kernel about a stopped thread. Each is made on the thread of the tracee's owner
 * (ptrace/core/tracer_thread.h) and counted by its kind in the engine's statistics. The exceptions,
 * which count themselves or are not counted: stop_prefetch.c, resume() in tracer_thread.c, and
 * engine_tracer_of(). 0 or a negative errno; -ESRCH: the thread is gone.
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

/* Finds the tracer thread that traces the stopped thread, by asking each. NULL: none. */
struct tracer_thread *engine_tracer_of(struct engine *engine, pid_t tid);

/* arch_get_regs() and its like, counted. */
MUST_CHECK int engine_get_regs(struct engine *engine, pid_t tid, arch_regs *regs);
MUST_CHECK int engine_set_regs(struct engine *engine, pid_t tid, const arch_regs *regs);
MUST_CHECK int engine_get_float_regs(struct engine *engine, pid_t tid,
                                     struct arch_float_regs *regs);
MUST_CHECK int engine_set_pc(struct engine *engine, pid_t tid, arch_regs *regs, target_addr pc);
MUST_CHECK int engine_replace_syscall(struct engine *engine, pid_t tid, arch_regs *regs,
                                      long number, const uint64_t args[6]);
MUST_CHECK int engine_end_syscall(struct engine *engine, pid_t tid, const arch_regs *regs);
uint64_t engine_code_bits(struct engine *engine, pid_t tid);
bool engine_has_shadow_stack(struct engine *engine, pid_t tid);

/* Reads a word of the stopped thread's memory at an aligned address. Unlike /proc/PID/mem this
   needs no file. */
MUST_CHECK int engine_read_word(struct engine *engine, pid_t tid, target_addr at, uint64_t *word);
MUST_CHECK int engine_write_word(struct engine *engine, pid_t tid, target_addr at, uint64_t word);

/* The signal mask of a stopped thread as a kernel sigset: bit 0 is signal 1. */
int engine_get_mask(struct engine *engine, pid_t tid, uint64_t *mask);
int engine_set_mask(struct engine *engine, pid_t tid, uint64_t mask);

#endif
