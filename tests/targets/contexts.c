/* SPDX-License-Identifier: MIT */
/*
 * contexts [ROUNDS=200]: contexts (makecontext(3)) that go from thread to thread inside calls: one
 * calls outer(), which calls inner(), which leaves the context; another thread continues it, and
 * inner() and outer() return there. Two threads take turns, with four contexts. Prints "outer
 * 4*ROUNDS 4*ROUNDS", "inner ..." and "beside N N".
 */
#include <pthread.h>
#include <semaphore.h>
#include <ucontext.h>

#include "target.h"

enum { CONTEXTS = 4, THREADS = 2, STACK_SIZE = 64 * 1024 };

static ucontext_t contexts[CONTEXTS], callers[CONTEXTS];
static counter n_outer, n_inner, n_beside;
static long rounds;
static sem_t turns[THREADS];

TRACED long beside(long i);
long beside(long i)
{
    n_beside++;
    OPAQUE();
    return i + 1;
}

TRACED long inner(long k);
long inner(long k)
{
    n_inner++;
    check(swapcontext(&contexts[k], &callers[k]) == 0, "swapcontext");
    OPAQUE();
    return k + 1;
}

TRACED long outer(long k);
long outer(long k)
{
    n_outer++;
    long result = inner(k) + 1;
    OPAQUE();
    return result;
}

static void body(int k)
{
    for (long i = 0; i < rounds; i++)
        check(outer(k) == k + 2, "result of outer");
}

/* In each turn one thread continues all contexts, which are then in inner() again or, in the last
   one, at their end. */
static void *run(void *data)
{
    for (long at = (long)data; at <= rounds; at += THREADS) {
        sem_wait(&turns[at % THREADS]);
        for (long k = 0; k < CONTEXTS; k++) {
            check(beside(k) == k + 1, "result of beside");
            check(swapcontext(&callers[k], &contexts[k]) == 0, "swapcontext");
        }
        sem_post(&turns[(at + 1) % THREADS]);
    }
    return NULL;
}

static void make(int k)
{
    check(getcontext(&contexts[k]) == 0, "getcontext");
    contexts[k].uc_stack = (stack_t){.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    contexts[k].uc_link = &callers[k];
    makecontext(&contexts[k], (void (*)(void))body, 1, k);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    rounds = argument(argc, argv, 1, 200);
    for (int k = 0; k < CONTEXTS; k++)
        make(k);
    for (long i = 0; i < THREADS; i++)
        sem_init(&turns[i], 0, i == 0);
    for (long i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, run, (void *)i) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    report("outer", n_outer, n_outer);
    report("inner", n_inner, n_inner);
    report("beside", n_beside, n_beside);
    return 0;
}
