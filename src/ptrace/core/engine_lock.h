/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is: of the engine's threads one at a time looks at and changes what the engine
 * knows. A turn lasts for the serving of a stop and no longer, so whoever waits for one turns round
 * for some microseconds before it sleeps; being woken costs several times as much.
 */
#ifndef PTRACE_CORE_ENGINE_LOCK_H
#define PTRACE_CORE_ENGINE_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct engine_lock {
    atomic_bool taken;
    atomic_uint sleepers; /* threads that are in engine_lock_sleep(), or about to be */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

void engine_lock_init(struct engine_lock *lock);
void engine_lock_destroy(struct engine_lock *lock);

/* Takes the turn if nobody has it. */
bool engine_lock_try(struct engine_lock *lock);
void engine_lock_release(struct engine_lock *lock);

/* A moment of turning round, the n-th. false: it has been long enough, sleep. */
bool engine_lock_spin(unsigned n);
/* Sleeps until is_over(data) is true; it is looked at after each engine_lock_wake(). */
void engine_lock_sleep(struct engine_lock *lock, bool (*is_over)(void *data), void *data);
/* Something has changed that a sleeper may be waiting for. */
void engine_lock_wake(struct engine_lock *lock);

#endif
