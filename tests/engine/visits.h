/* SPDX-License-Identifier: MIT */
/* Visits: attaches to a running process for a random time, and detaches. */
#ifndef ENGINE_VISITS_H
#define ENGINE_VISITS_H

#include <pthread.h>
#include <time.h>

#include "engine/harness.h"
#include "engine/untouched.h"

static inline void pause_us(long us)
{
    struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

struct bell {
    struct engine *engine;
    struct harness *harness;
    long after_us;
};

static inline void *wake_later(void *data)
{
    struct bell *bell = data;
    pause_us(bell->after_us);
    bell->harness->data = bell;
    engine_wake(bell->engine);
    return NULL;
}

static inline void let_go_when_woken(struct harness *h)
{
    if (h->data)
        engine_detach(h->engine);
}

/*
 * Attaches for some time. Returns whether the target existed, both at the attach and at the detach.
 */
static inline bool visit(pid_t pid, const char *names, unsigned *seed)
{
    struct error err = {0};
    pthread_t thread;
    /* In every other visit, threads migrate. */
    struct engine_options options = {.migrate_every = rand_r(seed) % 2 ? 2 : 0};
    struct harness *h = harness_new(names, &options);
    struct bell bell = {.engine = h->engine, .harness = h, .after_us = rand_r(seed) % 8000};
    h->woken = let_go_when_woken;
    bool there = engine_attach(h->engine, pid, &err) == 0;
    if (!there) {
        ck_assert_msg(err.code == -ESRCH, "%s", err.text);
        harness_free(h);
        return false;
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_later, &bell), 0);
    ck_assert_int_eq(engine_run(h->engine, &err), 0);
    pthread_join(thread, NULL);
    bool gone = h->ended && h->status != -1;
    check_untouched(pid);
    harness_free(h);
    return !gone;
}

enum { STILL_THERE = 10, GONE = 11 };

/* Each visit is a separate tracer process, as a user's is: this includes what the kernel does when
   it ends. */
static inline bool visit_once(pid_t pid, const char *names, unsigned *seed)
{
    int status;
    unsigned own_seed = (unsigned)rand_r(seed);
    pid_t visitor = fork();
    if (visitor == 0)
        _exit(visit(pid, names, &own_seed) ? STILL_THERE : GONE);
    ck_assert_int_eq(waitpid(visitor, &status, 0), visitor);
    ck_assert_msg(WIFEXITED(status) &&
                      (WEXITSTATUS(status) == STILL_THERE || WEXITSTATUS(status) == GONE),
                  "the tracer ended with wait status 0x%x", status);
    return WEXITSTATUS(status) == STILL_THERE;
}

#endif
