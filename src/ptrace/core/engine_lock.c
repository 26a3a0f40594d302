/* SPDX-License-Identifier: MIT */
#include "ptrace/core/engine_lock.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum {
    SPINS_SHORT = 8000, /* some 20 microseconds: several turns */
    SPINS_MAX = 8100,   /* beyond, the one that has it may be waiting for this very CPU */
};

void engine_lock_init(struct engine_lock *turn)
{
    atomic_init(&turn->taken, false);
    atomic_init(&turn->sleepers, 0);
    pthread_mutex_init(&turn->mutex, NULL);
    pthread_cond_init(&turn->changed, NULL);
}

void engine_lock_destroy(struct engine_lock *turn)
{
    pthread_mutex_destroy(&turn->mutex);
    pthread_cond_destroy(&turn->changed);
}

bool engine_lock_try(struct engine_lock *turn)
{
    return !atomic_load_explicit(&turn->taken, memory_order_relaxed) &&
           !atomic_exchange(&turn->taken, true);
}

void engine_lock_release(struct engine_lock *turn)
{
    atomic_store(&turn->taken, false);
    engine_lock_wake(turn);
}

bool engine_lock_spin(unsigned n)
{
    if (n >= SPINS_MAX)
        return false;
    if (n >= SPINS_SHORT)
        sched_yield();
    return true;
}

void engine_lock_sleep(struct engine_lock *turn, bool (*is_over)(void *data), void *data)
{
    pthread_mutex_lock(&turn->mutex);
    /* Before it is looked: whoever changes something afterwards sees that there is a sleeper. */
    atomic_fetch_add(&turn->sleepers, 1);
    while (!is_over(data))
        pthread_cond_wait(&turn->changed, &turn->mutex);
    atomic_fetch_sub(&turn->sleepers, 1);
    pthread_mutex_unlock(&turn->mutex);
}

void engine_lock_wake(struct engine_lock *turn)
{
    if (atomic_load(&turn->sleepers) == 0)
        return;
    pthread_mutex_lock(&turn->mutex);
    pthread_cond_broadcast(&turn->changed);
    pthread_mutex_unlock(&turn->mutex);
}
