/* SPDX-License-Identifier: MIT */
/* The engine's tracer threads: the primary, which made the engine, and those that are started. */
#ifndef PTRACE_THREADS_THREAD_POOL_H
#define PTRACE_THREADS_THREAD_POOL_H

#include "util/error.h"

struct engine;
struct tracer_thread;

/* Makes the calling thread the primary, and takes the engine's lock. */
MUST_CHECK int thread_pool_init(struct engine *engine);
/* The tracer thread with that number, which may be one more than there are: it is then started and
   runs engine->thread_main. NULL when that fails. */
struct tracer_thread *thread_pool_get(struct engine *engine, unsigned index);
/* Ends all but the primary. No tracee may be left. */
void thread_pool_free(struct engine *engine);

#endif
