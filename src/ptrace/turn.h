/*
 * Whose turn it is: of the engine's threads one at a time looks at and changes what the engine
 * knows. A turn lasts for the serving of a stop and no longer, so whoever waits for one turns round
 * for some microseconds before it sleeps; being woken costs several times as much.
 */
#ifndef PTRACE_TURN_H
#define PTRACE_TURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct turn {
    atomic_bool taken;
    atomic_uint sleepers; /* threads that are in turn_sleep(), or about to be */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

void turn_init(struct turn *turn);
void turn_destroy(struct turn *turn);

/* Takes the turn if nobody has it. */
bool turn_try(struct turn *turn);
void turn_end(struct turn *turn);

/* A moment of turning round, the n-th. false: it has been long enough, sleep. */
bool turn_spin(unsigned n);
/* Sleeps until is_over(data) is true; it is looked at after each turn_wake(). */
void turn_sleep(struct turn *turn, bool (*is_over)(void *data), void *data);
/* Something has changed that a sleeper may be waiting for. */
void turn_wake(struct turn *turn);

#endif
