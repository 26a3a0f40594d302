/* SPDX-License-Identifier: MIT */
/*
 * frames_left WAY [ROUNDS=50]: calls that are left without returning, again and again, between
 * calls that do return, from the same places and at the same depth. WAY is
 *
 *   exit       threads leave top(), middle() and leaf() by pthread_exit(3)
 *   cancel     threads are cancelled there
 *   async      the same, cancelled at any instruction
 *   handler    leaf() raises a signal, whose handler calls in_handler() and leaves all three by
 *              siglongjmp(3)
 *   altstack   the same, with the handler on an alternate stack
 *   overflow   dig() calls itself until the stack is full; the handler of SIGSEGV, on an alternate
 *              stack, leaves by siglongjmp(3)
 *   context    leaf() leaves by setcontext(3)
 *
 * After each round all three return once. Prints "top 2*ROUNDS ROUNDS", "middle 2*ROUNDS ROUNDS",
 * "leaf 2*ROUNDS ROUNDS", and "in_handler N N" or "dig N 0".
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <ucontext.h>

#include "target.h"

enum { STACK_SIZE = 128 * 1024 };

static counter n_top, n_middle, n_leaf, n_left, n_in_handler, n_waiting;
static const char *way;
static sigjmp_buf back;
static ucontext_t back_there;
static char handler_stack[STACK_SIZE];

TRACED int in_handler(int signal);
int in_handler(int signal)
{
    n_in_handler++;
    return signal + 1;
}

static void handle(int signal)
{
    check(in_handler(signal) == signal + 1, "result of in_handler");
    siglongjmp(back, 1);
}

/* It runs when the stack is full, so it uses the alternate one. */
static void handle_overflow(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

/*
 * It counts before it uses its stack: a call without space for its return address does not count.
 */
void dig(void);
extern unsigned long n_dig;
unsigned long n_dig;

static void leave(void)
{
    if (strcmp(way, "exit") == 0)
        pthread_exit(NULL);
    if (strcmp(way, "handler") == 0 || strcmp(way, "altstack") == 0)
        raise(SIGUSR1);
    if (strcmp(way, "context") == 0)
        setcontext(&back_there);
    n_waiting++;
    for (volatile bool always = true; always;) {
        if (strcmp(way, "async") == 0)
            continue;
        pause();
    }
}

TRACED int leaf(bool leaves);
int leaf(bool leaves)
{
    n_leaf++;
    if (leaves)
        leave();
    return 1;
}

TRACED int middle(bool leaves);
int middle(bool leaves)
{
    n_middle++;
    int result = leaf(leaves);
    OPAQUE();
    return result + 1;
}

TRACED int top(bool leaves);
int top(bool leaves)
{
    n_top++;
    int result = middle(leaves);
    OPAQUE();
    return result + 1;
}

/* The same call instruction for both. */
static void *call(void *leaves)
{
    if (leaves && strcmp(way, "async") == 0)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    int result = top(leaves != NULL);
    OPAQUE();
    check(result == 3, "result of top");
    return NULL;
}

static void in_thread(void *leaves)
{
    pthread_t thread;
    unsigned long before = n_waiting;
    check(pthread_create(&thread, NULL, call, leaves) == 0, "pthread_create");
    if (leaves && strcmp(way, "exit") != 0) {
        while (n_waiting == before)
            usleep(100);
        check(pthread_cancel(thread) == 0, "pthread_cancel");
    }
    pthread_join(thread, NULL);
}

static void call_and_come_back(void *leaves)
{
    volatile bool been_here = false;
    check(getcontext(&back_there) == 0, "getcontext");
    if (been_here || sigsetjmp(back, 1) != 0)
        return;
    been_here = true;
    call(leaves);
}

static void *dig_in_thread(void *data)
{
    stack_t own = {.ss_sp = handler_stack, .ss_size = STACK_SIZE};
    check(sigaltstack(&own, NULL) == 0, "sigaltstack");
    if (sigsetjmp(back, 1) == 0)
        dig();
    own.ss_flags = SS_DISABLE;
    check(sigaltstack(&own, NULL) == 0, "sigaltstack");
    return data;
}

static void overflow(void)
{
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    check(pthread_attr_setstacksize(&small, STACK_SIZE) == 0, "pthread_attr_setstacksize");
    check(pthread_create(&thread, &small, dig_in_thread, NULL) == 0, "pthread_create");
    pthread_join(thread, NULL);
    pthread_attr_destroy(&small);
}

int main(int argc, char **argv)
{
    way = argc > 1 ? argv[1] : "";
    long rounds = argument(argc, argv, 2, 50);
    bool alternate = strcmp(way, "altstack") == 0;
    bool threads =
        strcmp(way, "exit") == 0 || strcmp(way, "cancel") == 0 || strcmp(way, "async") == 0;
    stack_t own = {.ss_sp = handler_stack, .ss_size = STACK_SIZE};
    struct sigaction action = {.sa_handler = handle, .sa_flags = alternate ? SA_ONSTACK : 0};
    struct sigaction overflown = {.sa_handler = handle_overflow, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &overflown, NULL);
    if (alternate)
        check(sigaltstack(&own, NULL) == 0, "sigaltstack");
    for (long i = 0; i < 2 * rounds; i++) {
        void *leaves = i % 2 == 0 ? argv : NULL;
        if (leaves && strcmp(way, "overflow") == 0)
            overflow();
        else if (threads)
            in_thread(leaves);
        else
            call_and_come_back(leaves);
        n_left += leaves != NULL && strcmp(way, "overflow") != 0;
    }
    report("top", n_top, n_top - n_left);
    report("middle", n_middle, n_middle - n_left);
    report("leaf", n_leaf, n_leaf - n_left);
    if (n_in_handler)
        report("in_handler", n_in_handler, n_in_handler);
    if (n_dig)
        report("dig", n_dig, 0);
    return 0;
}
