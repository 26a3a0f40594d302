/* SPDX-License-Identifier: MIT */
/* The engine's tracer threads: the primary, which made the engine, and the started ones. */
#ifndef PTRACE_THREADS_THREAD_POOL_H
#define PTRACE_THREADS_THREAD_POOL_H

#include "util/error.h"

struct engine;
struct tracer_thread;

/* Makes the calling thread the primary, and takes the engine lock. */
MUST_CHECK int thread_pool_init(struct engine *engine);
/* The tracer thread with that number. If it is one more than there are, starts it; it runs
   engine->thread_main. NULL: that failed. */
struct tracer_thread *thread_pool_get(struct engine *engine, unsigned index);
/* Ends all but the primary. No tracee may be left. */
void thread_pool_free(struct engine *engine);

#endif
