/* SPDX-License-Identifier: MIT */
#include "cli/session_poller.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "cli/in_process_traces.h"
#include "cli/lttng_sink.h"
#include "cli/tracer.h"
#include "ptrace/engine.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"

enum {
    /* A stop is reported after at most this time; with a start within less time it is not noticed
       in a session that the tracer has not started. The daemon answers within 30 microseconds. */
    WATCH_EVERY_MS = 10,
    LOOK_EVERY = 8,   /* calls of watch() */
    CHECK_EVERY = 12, /* calls of look() */
    WARN_EVERY = 5,   /* calls of look(): a module may be loaded shortly after a rule names it */
};

struct session_poller {
    struct lttng_sink *sink;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* `ending` was set */
    bool ending;
    bool was_well; /* result of the last check of the session */
};

static bool left_out_is_named(struct lttng_sink *sink)
{
    bool named = false;
    pthread_mutex_lock(&sink->lock);
    for (size_t i = 0; i < sink->left_out.count && !named; i++)
        named = sink->session_ops->names_provider(sink->session, sink->left_out.items[i]);
    pthread_mutex_unlock(&sink->lock);
    return named;
}

/* Whether a module is left out that a new rule may name. */
static bool may_name_more(struct lttng_sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    bool may = sink->left_out.count > 0;
    pthread_mutex_unlock(&sink->lock);
    return may;
}

static void look(struct lttng_sink *sink)
{
    sink->session_ops->update_rules(sink->session);
    sink->session_ops->watch(sink->session);
    if (left_out_is_named(sink)) {
        atomic_store(&sink->tracer->module_named, true);
        engine_wake(sink->tracer->engine);
    }
}

/* Reports a problem when it appears, and again if it appears after it had gone. */
static void check_session(struct session_poller *poller)
{
    struct lttng_sink *sink = poller->sink;
    struct error err;
    bool well = sink->session_ops->check(sink->session, &err) == 0;
    if (!well && poller->was_well) {
        log_warning("%s", err.text);
        sink->trouble = err;
    }
    poller->was_well = well;
}

/* Waits until the next look. false: the thread has to end. */
static bool rest(struct session_poller *poller)
{
    struct timespec until = clock_in_ms(WATCH_EVERY_MS);
    pthread_mutex_lock(&poller->lock);
    while (!poller->ending && pthread_cond_clockwait(&poller->ended, &poller->lock, CLOCK_MONOTONIC,
                                                     &until) != ETIMEDOUT)
        ;
    bool ending = poller->ending;
    pthread_mutex_unlock(&poller->lock);
    return !ending;
}

static void *attend(void *data)
{
    struct session_poller *poller = data;
    struct lttng_sink *sink = poller->sink;
    for (unsigned watches = 1; rest(poller); watches++) {
        sink->session_ops->watch(sink->session);
        if (sink->traces)
            in_process_traces_poll(sink->traces, false);
        if (watches % LOOK_EVERY != 0)
            continue;
        unsigned looks = watches / LOOK_EVERY;
        bool warns = looks % WARN_EVERY == 0;
        if (warns || may_name_more(sink))
            look(sink);
        if (warns)
            sink->session_ops->warn(sink->session);
        if (looks % CHECK_EVERY == 0)
            check_session(poller);
    }
    sink->session_ops->watch(sink->session);
    if (sink->traces)
        in_process_traces_poll(sink->traces, true);
    if (poller->was_well) {
        sink->session_ops->update_rules(sink->session);
        sink->session_ops->warn(sink->session);
        check_session(poller);
    }
    return NULL;
}

int session_poller_start(struct lttng_sink *sink, struct session_poller **result)
{
    struct session_poller *poller = calloc(1, sizeof(*poller));
    if (!poller)
        return -ENOMEM;
    poller->sink = sink;
    poller->was_well = true;
    pthread_mutex_init(&poller->lock, NULL);
    pthread_cond_init(&poller->ended, NULL);
    int r = pthread_create(&poller->thread, NULL, attend, poller);
    if (r != 0) {
        free(poller);
        return -r;
    }
    *result = poller;
    return 0;
}

void session_poller_stop(struct session_poller *poller)
{
    if (!poller)
        return;
    pthread_mutex_lock(&poller->lock);
    poller->ending = true;
    pthread_cond_signal(&poller->ended);
    pthread_mutex_unlock(&poller->lock);
    pthread_join(poller->thread, NULL);
    pthread_cond_destroy(&poller->ended);
    pthread_mutex_destroy(&poller->lock);
    free(poller);
}
