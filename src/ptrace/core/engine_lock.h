/* SPDX-License-Identifier: MIT */
/*
 * The engine lock: its holder may read and modify engine state. A tracer thread holds it while it
 * handles a stop, and no longer. So a waiter spins for some microseconds before it sleeps: to be
 * woken costs several times as much.
 */
#ifndef PTRACE_CORE_ENGINE_LOCK_H
#define PTRACE_CORE_ENGINE_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct engine_lock {
    atomic_bool taken;
    atomic_uint sleepers; /* threads in engine_lock_sleep(), or about to enter it */
    atomic_uint wanting;  /* threads between engine_lock_want() and engine_lock_wanted() */
    atomic_uint n_wanted; /* calls of engine_lock_wanted() */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

void engine_lock_init(struct engine_lock *lock);
void engine_lock_destroy(struct engine_lock *lock);

/* Takes the lock if it is free. */
bool engine_lock_try(struct engine_lock *lock);
void engine_lock_release(struct engine_lock *lock);

/* One round of a spin loop, the n-th. false: stop spinning and sleep. */
bool engine_lock_spin(unsigned n);
/* Sleeps until is_over(data) is true. It is evaluated first and after each engine_lock_wake(). */
void engine_lock_sleep(struct engine_lock *lock, bool (*is_over)(void *data), void *data);
/* The same until a time, CLOCK_MONOTONIC. false: it has come. */
bool engine_lock_sleep_until(struct engine_lock *lock, bool (*is_over)(void *data), void *data,
                             uint64_t until_ns);
/* Wakes the sleepers: something has changed that they may be waiting for. */
void engine_lock_wake(struct engine_lock *lock);

/*
 * A thread that holds the lock for long, and takes it again at once, would keep it from those that
 * wait: they need longer to wake up than the lock is free. So others tell from when to when they
 * wait, and between two times that it holds the lock, such a thread lets one of them have it.
 */
void engine_lock_want(struct engine_lock *lock);
void engine_lock_wanted(struct engine_lock *lock);
/* To be called while the lock is held; for engine_lock_is_way_given(). */
unsigned engine_lock_n_wanted(struct engine_lock *lock);
/* Whether no thread waits, or one has waited and taken the lock since the call that returned
   `n_wanted`. */
bool engine_lock_is_way_given(struct engine_lock *lock, unsigned n_wanted);

#endif
