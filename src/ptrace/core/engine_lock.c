/* SPDX-License-Identifier: MIT */
#include "ptrace/core/engine_lock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum {
    SPINS_SHORT = 8000, /* about 20 us: several times as long as the lock is held */
    SPINS_MAX = 8100,   /* after these, the holder may be waiting for this CPU */
};

void engine_lock_init(struct engine_lock *lock)
{
    atomic_init(&lock->taken, false);
    atomic_init(&lock->sleepers, 0);
    atomic_init(&lock->wanting, 0);
    atomic_init(&lock->n_wanted, 0);
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_cond_init(&lock->changed, NULL);
}

void engine_lock_destroy(struct engine_lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
    pthread_cond_destroy(&lock->changed);
}

bool engine_lock_try(struct engine_lock *lock)
{
    return !atomic_load_explicit(&lock->taken, memory_order_relaxed) &&
           !atomic_exchange(&lock->taken, true);
}

void engine_lock_release(struct engine_lock *lock)
{
    atomic_store(&lock->taken, false);
    engine_lock_wake(lock);
}

bool engine_lock_spin(unsigned n)
{
    if (n >= SPINS_MAX)
        return false;
    if (n >= SPINS_SHORT)
        sched_yield();
    return true;
}

void engine_lock_sleep(struct engine_lock *lock, bool (*is_over)(void *data), void *data)
{
    pthread_mutex_lock(&lock->mutex);
    /* Before is_over(): whoever changes something after it sees that there is a sleeper. */
    atomic_fetch_add(&lock->sleepers, 1);
    while (!is_over(data))
        pthread_cond_wait(&lock->changed, &lock->mutex);
    atomic_fetch_sub(&lock->sleepers, 1);
    pthread_mutex_unlock(&lock->mutex);
}

bool engine_lock_sleep_until(struct engine_lock *lock, bool (*is_over)(void *data), void *data,
                             uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                                   .tv_nsec = (long)(until_ns % 1000000000)};
    bool in_time = true;
    pthread_mutex_lock(&lock->mutex);
    atomic_fetch_add(&lock->sleepers, 1);
    while (in_time && !is_over(data))
        in_time = pthread_cond_clockwait(&lock->changed, &lock->mutex, CLOCK_MONOTONIC, &until) !=
                  ETIMEDOUT;
    atomic_fetch_sub(&lock->sleepers, 1);
    pthread_mutex_unlock(&lock->mutex);
    return in_time;
}

void engine_lock_wake(struct engine_lock *lock)
{
    if (atomic_load(&lock->sleepers) == 0)
        return;
    pthread_mutex_lock(&lock->mutex);
    pthread_cond_broadcast(&lock->changed);
    pthread_mutex_unlock(&lock->mutex);
}

void engine_lock_want(struct engine_lock *lock)
{
    atomic_fetch_add(&lock->wanting, 1);
}

void engine_lock_wanted(struct engine_lock *lock)
{
    atomic_fetch_add(&lock->n_wanted, 1);
    atomic_fetch_sub(&lock->wanting, 1);
    engine_lock_wake(lock);
}

unsigned engine_lock_n_wanted(struct engine_lock *lock)
{
    return atomic_load(&lock->n_wanted);
}

bool engine_lock_is_way_given(struct engine_lock *lock, unsigned n_wanted)
{
    return atomic_load(&lock->wanting) == 0 || atomic_load(&lock->n_wanted) != n_wanted;
}
