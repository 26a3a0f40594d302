/* SPDX-License-Identifier: MIT */
/* Decides which tracees are bound to a CPU, and which tracer thread traces them. */
#ifndef PTRACE_THREADS_PINNING_POLICY_H
#define PTRACE_THREADS_PINNING_POLICY_H

#include <stdint.h>

struct engine;
struct tracee;
struct tracer_thread;

/* A stopped thread has hit a breakpoint on `cpu` (-1: not known). May bind it. Returns the tracer
   thread that it is to migrate to. NULL: it stays. */
struct tracer_thread *pinning_policy_hit(struct engine *engine, struct tracee *tracee, int cpu,
                                         uint64_t now_ns);
/* To be called when the tracer thread was woken: unbinds threads that are no longer busy. */
void pinning_policy_look(struct tracer_thread *tracer);

#endif
