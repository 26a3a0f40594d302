#include "cli/attendant.h"

#include <errno.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/log.h"

enum {
    /* A session that is stopped and started again is noticed when it is stopped for that long; the
       daemon answers in 30 microseconds. */
    WATCH_EVERY_MS = 10,
    LOOK_EVERY = 8,   /* watches */
    CHECK_EVERY = 12, /* looks */
    JUDGE_EVERY = 5,  /* looks: what is asked for may come a moment after who asks */
};

struct attendant {
    struct tracer *tracer;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* `ending` was set */
    bool ending;
    bool was_well; /* the session, when it was last checked */
};

static bool left_out_is_named(struct tracer *tracer)
{
    bool named = false;
    pthread_mutex_lock(&tracer->lock);
    for (size_t i = 0; i < tracer->left_out.count && !named; i++)
        named = tracer->session_ops->names_provider(tracer->session, tracer->left_out.items[i]);
    pthread_mutex_unlock(&tracer->lock);
    return named;
}

/* Whether there is something left out that a rule may come to name. */
static bool may_name_more(struct tracer *tracer)
{
    pthread_mutex_lock(&tracer->lock);
    bool may = tracer->left_out.count > 0;
    pthread_mutex_unlock(&tracer->lock);
    return may;
}

static void look(struct tracer *tracer)
{
    tracer->session_ops->look(tracer->session);
    /* That took its time. */
    tracer->session_ops->watch(tracer->session);
    if (left_out_is_named(tracer)) {
        atomic_store(&tracer->module_named, true);
        engine_ring(tracer->engine);
    }
}

/* What is wrong is said when it is first seen, and again when it had gone meanwhile. */
static void check(struct attendant *attendant)
{
    struct tracer *tracer = attendant->tracer;
    struct error err;
    bool well = tracer->session_ops->check(tracer->session, &err) == 0;
    if (!well && attendant->was_well) {
        log_warning("%s", err.text);
        tracer->session_trouble = err;
    }
    attendant->was_well = well;
}

/* false when the thread is to end. */
static bool rest(struct attendant *attendant)
{
    struct timespec until = clock_in_ms(WATCH_EVERY_MS);
    pthread_mutex_lock(&attendant->lock);
    while (!attendant->ending && pthread_cond_clockwait(&attendant->ended, &attendant->lock,
                                                        CLOCK_MONOTONIC, &until) != ETIMEDOUT)
        ;
    bool ending = attendant->ending;
    pthread_mutex_unlock(&attendant->lock);
    return !ending;
}

static void *attend(void *data)
{
    struct attendant *attendant = data;
    struct tracer *tracer = attendant->tracer;
    for (unsigned watches = 1; rest(attendant); watches++) {
        tracer->session_ops->watch(tracer->session);
        if (watches % LOOK_EVERY != 0)
            continue;
        unsigned looks = watches / LOOK_EVERY;
        bool judges = looks % JUDGE_EVERY == 0;
        if (judges || may_name_more(tracer))
            look(tracer);
        if (judges)
            tracer->session_ops->judge(tracer->session);
        if (looks % CHECK_EVERY == 0)
            check(attendant);
    }
    tracer->session_ops->watch(tracer->session);
    if (attendant->was_well) {
        tracer->session_ops->look(tracer->session);
        tracer->session_ops->judge(tracer->session);
        check(attendant);
    }
    return NULL;
}

int attendant_start(struct tracer *tracer, struct attendant **result)
{
    struct attendant *attendant = calloc(1, sizeof(*attendant));
    if (!attendant)
        return -ENOMEM;
    attendant->tracer = tracer;
    attendant->was_well = true;
    pthread_mutex_init(&attendant->lock, NULL);
    pthread_cond_init(&attendant->ended, NULL);
    int r = pthread_create(&attendant->thread, NULL, attend, attendant);
    if (r != 0) {
        free(attendant);
        return -r;
    }
    *result = attendant;
    return 0;
}

void attendant_stop(struct attendant *attendant)
{
    if (!attendant)
        return;
    pthread_mutex_lock(&attendant->lock);
    attendant->ending = true;
    pthread_cond_signal(&attendant->ended);
    pthread_mutex_unlock(&attendant->lock);
    pthread_join(attendant->thread, NULL);
    pthread_cond_destroy(&attendant->ended);
    pthread_mutex_destroy(&attendant->lock);
    free(attendant);
}
