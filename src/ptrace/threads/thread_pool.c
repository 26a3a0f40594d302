/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/thread_pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/engine_lock.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/threads/wakeup.h"

static struct tracer_thread *tracer_thread_new(struct engine *engine, unsigned index)
{
    struct tracer_thread *tracer = calloc(1, sizeof(*tracer));
    if (!tracer)
        return NULL;
    tracer->engine = engine;
    tracer->index = index;
    atomic_init(&tracer->posted_call, NULL);
    atomic_init(&tracer->waiting, false);
    atomic_init(&tracer->wake_pending, false);
    atomic_init(&tracer->ending, false);
    return tracer;
}

int thread_pool_init(struct engine *engine)
{
    struct tracer_thread *primary = tracer_thread_new(engine, 0);
    if (!primary)
        return -ENOMEM;
    primary->thread = pthread_self();
    primary->tid = gettid();
    engine_lock_init(&engine->lock);
    engine->tracers[0] = primary;
    engine->n_tracer_threads = 1;
    engine->acting = primary;
    return engine_lock_try(&engine->lock) ? 0 : -EBUSY;
}

/* The tracer thread's first call: after it, the thread is running. */
static void note_tid(void *data)
{
    struct tracer_thread *tracer = data;
    tracer->tid = gettid();
}

struct tracer_thread *thread_pool_get(struct engine *engine, unsigned index)
{
    sigset_t all, before;
    if (index < engine->n_tracer_threads)
        return engine->tracers[index];
    if (index > engine->n_tracer_threads || index >= TRACER_THREADS_MAX)
        return NULL;
    struct tracer_thread *tracer = tracer_thread_new(engine, index);
    if (!tracer)
        return NULL;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int r = pthread_create(&tracer->thread, NULL, engine->thread_main, tracer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        free(tracer);
        return NULL;
    }
    engine->tracers[index] = tracer;
    engine->n_tracer_threads++;
    tracer_thread_call(tracer, note_tid, tracer);
    return tracer;
}

void thread_pool_free(struct engine *engine)
{
    for (unsigned i = 1; i < engine->n_tracer_threads; i++) {
        struct tracer_thread *tracer = engine->tracers[i];
        atomic_store(&tracer->ending, true);
        engine_lock_release(&engine->lock); /* it may be waiting for the lock */
        wakeup_wake(tracer);
        pthread_join(tracer->thread, NULL);
        tracer_thread_lock(engine->tracers[0]);
        free(tracer);
    }
    if (engine->tracers[0])
        engine_lock_destroy(&engine->lock);
    free(engine->tracers[0]);
    engine->tracers[0] = NULL;
    engine->n_tracer_threads = 0;
}
