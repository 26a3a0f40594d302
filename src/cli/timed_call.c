/* SPDX-License-Identifier: MIT */
#include "cli/timed_call.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/clock.h"

enum { LOOK_EVERY_MS = 20 };

enum state { UNDER_WAY, DONE, OWED };

/* The sender's until it is given up: then the thread's. */
struct sent {
    struct tracer *tracer;
    struct timed_call errand;
    pthread_t thread;
    atomic_int state;
    int result;
    struct error err;
};

static void do_work(struct sent *sent)
{
    const struct timed_call *errand = &sent->errand;
    sent->result = errand->work(errand->data, &sent->err);
    if (errand->release)
        errand->release(errand->data);
}

static void *run(void *data)
{
    struct sent *sent = data;
    struct tracer *tracer = sent->tracer;
    do_work(sent);
    if (atomic_exchange(&sent->state, DONE) != OWED)
        return NULL;
    free(sent);
    pthread_mutex_lock(&tracer->lock);
    if (--tracer->n_pending_calls == 0)
        pthread_cond_broadcast(&tracer->no_pending_calls);
    pthread_mutex_unlock(&tracer->lock);
    return NULL;
}

/* Waits for a moment. */
static bool has_ended(const struct sent *sent)
{
    struct timespec until = clock_in_ms(LOOK_EVERY_MS);
    return pthread_clockjoin_np(sent->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

/* false: it was done at the last moment, and is to be waited for as ever. */
static bool give_up(struct tracer *tracer, struct sent *sent)
{
    pthread_mutex_lock(&tracer->lock);
    bool owed = atomic_exchange(&sent->state, OWED) != DONE;
    tracer->n_pending_calls += owed;
    pthread_mutex_unlock(&tracer->lock);
    if (owed)
        pthread_detach(sent->thread);
    return owed;
}

int timed_call_run(struct tracer *tracer, const struct timed_call *errand, struct error *err)
{
    int64_t began = clock_ms();
    struct sent *sent = calloc(1, sizeof(*sent));
    if (!sent) {
        if (errand->release)
            errand->release(errand->data);
        return error_set(err, -ENOMEM, "out of memory");
    }
    sent->tracer = tracer;
    sent->errand = *errand;
    if (pthread_create(&sent->thread, NULL, run, sent) != 0) {
        do_work(sent);
    } else {
        while (!has_ended(sent))
            if (errand->hopeless(tracer, clock_ms() - began, err) && give_up(tracer, sent))
                return -EINPROGRESS;
    }
    int r = sent->result;
    if (r < 0)
        *err = sent->err;
    free(sent);
    return r;
}

bool timed_call_is_pending(struct tracer *tracer)
{
    pthread_mutex_lock(&tracer->lock);
    bool owed = tracer->n_pending_calls > 0;
    pthread_mutex_unlock(&tracer->lock);
    return owed;
}

void timed_call_wait_pending(struct tracer *tracer)
{
    pthread_mutex_lock(&tracer->lock);
    while (tracer->n_pending_calls > 0)
        pthread_cond_wait(&tracer->no_pending_calls, &tracer->lock);
    pthread_mutex_unlock(&tracer->lock);
}
