/* SPDX-License-Identifier: MIT */
/* A thread that holds the engine lock for long, again and again, lets others have it. */
#include "ptrace/core/engine_lock.h"

#include <sched.h>
#include <time.h>

#include "unit/check_main.h"

enum { WANTED = 300, HELD_NS = 200000, TURNS_MAX = 2 };

struct holder {
    struct engine_lock lock;
    unsigned n_wanted;
    atomic_uint turns; /* how often it has had the lock */
    atomic_bool ending;
};

static bool is_way_given(void *data)
{
    struct holder *holder = data;
    return engine_lock_is_way_given(&holder->lock, holder->n_wanted);
}

static bool is_free(void *data)
{
    struct holder *holder = data;
    return !atomic_load(&holder->lock.taken);
}

static void take(struct holder *holder)
{
    while (!engine_lock_try(&holder->lock))
        engine_lock_sleep(&holder->lock, is_free, holder);
}

static void *hold(void *data)
{
    struct holder *holder = data;
    const struct timespec held = {.tv_nsec = HELD_NS};
    while (!atomic_load(&holder->ending)) {
        take(holder);
        atomic_fetch_add(&holder->turns, 1);
        nanosleep(&held, NULL);
        holder->n_wanted = engine_lock_n_wanted(&holder->lock);
        engine_lock_release(&holder->lock);
        engine_lock_sleep(&holder->lock, is_way_given, holder);
    }
    return NULL;
}

START_TEST(others_have_it_in_between)
{
    struct holder holder = {0};
    pthread_t thread;
    engine_lock_init(&holder.lock);
    ck_assert_int_eq(pthread_create(&thread, NULL, hold, &holder), 0);
    while (atomic_load(&holder.turns) == 0)
        sched_yield();
    for (int i = 0; i < WANTED; i++) {
        engine_lock_want(&holder.lock);
        unsigned before = atomic_load(&holder.turns);
        take(&holder);
        unsigned after = atomic_load(&holder.turns);
        engine_lock_wanted(&holder.lock);
        engine_lock_release(&holder.lock);
        ck_assert_uint_le(after - before, TURNS_MAX);
    }
    atomic_store(&holder.ending, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    engine_lock_destroy(&holder.lock);
}
END_TEST

/* Who waits no longer keeps nobody. */
START_TEST(no_way_is_given_to_nobody)
{
    struct engine_lock lock;
    engine_lock_init(&lock);
    ck_assert(engine_lock_is_way_given(&lock, engine_lock_n_wanted(&lock)));
    engine_lock_want(&lock);
    unsigned n_wanted = engine_lock_n_wanted(&lock);
    ck_assert(!engine_lock_is_way_given(&lock, n_wanted));
    engine_lock_want(&lock);
    engine_lock_wanted(&lock);
    ck_assert(engine_lock_is_way_given(&lock, n_wanted));
    ck_assert(!engine_lock_is_way_given(&lock, engine_lock_n_wanted(&lock)));
    engine_lock_wanted(&lock);
    ck_assert(engine_lock_is_way_given(&lock, engine_lock_n_wanted(&lock)));
    engine_lock_destroy(&lock);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, others_have_it_in_between);
    tcase_add_test(tests, no_way_is_given_to_nobody);
}

CHECK_MAIN("engine_lock", 30, add_tests)
