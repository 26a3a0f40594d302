/* SPDX-License-Identifier: MIT */
#include "cli/timed_call.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "util/clock.h"

enum { LOOK_EVERY_MS = 20 };

enum call_state { CALL_RUNNING, CALL_DONE, CALL_PENDING };

/* The caller's, until the call is pending: then the thread's. */
struct running_call {
    struct timed_calls *calls;
    struct timed_call call;
    pthread_t thread;
    atomic_int state; /* enum call_state */
    int result;
    struct error err;
};

void timed_calls_init(struct timed_calls *calls)
{
    pthread_mutex_init(&calls->lock, NULL);
    pthread_cond_init(&calls->none_pending, NULL);
}

void timed_calls_destroy(struct timed_calls *calls)
{
    pthread_cond_destroy(&calls->none_pending);
    pthread_mutex_destroy(&calls->lock);
}

static void do_work(struct running_call *running)
{
    const struct timed_call *call = &running->call;
    running->result = call->work(call->data, &running->err);
    if (call->release)
        call->release(call->data);
}

static void *call_main(void *data)
{
    struct running_call *running = data;
    struct timed_calls *calls = running->calls;
    do_work(running);
    if (atomic_exchange(&running->state, CALL_DONE) != CALL_PENDING)
        return NULL;
    free(running);
    pthread_mutex_lock(&calls->lock);
    if (--calls->n_pending == 0)
        pthread_cond_broadcast(&calls->none_pending);
    pthread_mutex_unlock(&calls->lock);
    return NULL;
}

/* Waits for a moment. */
static bool has_returned(const struct running_call *running)
{
    struct timespec until = clock_in_ms(LOOK_EVERY_MS);
    return pthread_clockjoin_np(running->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

/* false: it returned just now. */
static bool make_pending(struct running_call *running)
{
    struct timed_calls *calls = running->calls;
    pthread_mutex_lock(&calls->lock);
    bool is_pending = atomic_exchange(&running->state, CALL_PENDING) != CALL_DONE;
    calls->n_pending += is_pending;
    pthread_mutex_unlock(&calls->lock);
    if (is_pending)
        pthread_detach(running->thread);
    return is_pending;
}

int timed_call_run(struct timed_calls *calls, const struct timed_call *call, struct error *err)
{
    int64_t began = clock_ms();
    struct running_call *running = calloc(1, sizeof(*running));
    if (!running) {
        if (call->release)
            call->release(call->data);
        return error_set(err, -ENOMEM, "out of memory");
    }
    running->calls = calls;
    running->call = *call;
    if (pthread_create(&running->thread, NULL, call_main, running) != 0) {
        do_work(running);
    } else {
        while (!has_returned(running))
            if (call->give_up(call->give_up_data, clock_ms() - began, err) && make_pending(running))
                return -EINPROGRESS;
    }
    int r = running->result;
    if (r < 0)
        *err = running->err;
    free(running);
    return r;
}

bool timed_calls_are_pending(struct timed_calls *calls)
{
    pthread_mutex_lock(&calls->lock);
    bool pending = calls->n_pending > 0;
    pthread_mutex_unlock(&calls->lock);
    return pending;
}

void timed_calls_wait(struct timed_calls *calls)
{
    pthread_mutex_lock(&calls->lock);
    while (calls->n_pending > 0)
        pthread_cond_wait(&calls->none_pending, &calls->lock);
    pthread_mutex_unlock(&calls->lock);
}
