/* SPDX-License-Identifier: MIT */
/*
 * ends WAY [CALLS=50]: calls work() CALLS times, then exits inside outer(), middle() and inner(),
 * none of which returns. WAY is
 *
 *   _exit        with status 5
 *   quick_exit   with status 6, through a function that calls work() once more
 *   noreturn     inner() calls leave(), which the compiler knows not to return: exit(7)
 *   abort        SIGABRT
 *   handled      abort() with a handler of SIGABRT that calls work() and returns
 *   trap         raise(SIGTRAP)
 *   thread       exit(8) in a thread while the first one calls beside() all the time
 *
 * Prints "work N N", "outer 1 0", "middle 1 0", "inner 1 0" and, where it is called, "leave 1 0".
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "target.h"

static counter n_work, n_beside;
static const char *way;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void beside(void);
void beside(void)
{
    n_beside++;
}

static void last_words(unsigned long more)
{
    report("work", n_work + more, n_work + more);
    report("outer", 1, 0);
    report("middle", 1, 0);
    report("inner", 1, 0);
}

static void at_quick_exit_(void)
{
    work(1);
    OPAQUE();
}

static void on_abort(int signal)
{
    work(signal);
    OPAQUE();
}

TRACED void leave(int status) __attribute__((noreturn));
void leave(int status)
{
    report("leave", 1, 0);
    exit(status);
}

TRACED int inner(void);
int inner(void)
{
    if (strcmp(way, "_exit") == 0) {
        last_words(0);
        state_print();
        _exit(5);
    }
    if (strcmp(way, "quick_exit") == 0) {
        last_words(1);
        state_print();
        quick_exit(6);
    }
    if (strcmp(way, "handled") == 0) {
        last_words(1);
        state_print();
        abort();
    }
    last_words(0);
    if (strcmp(way, "noreturn") == 0)
        leave(7);
    if (strcmp(way, "thread") == 0)
        exit(8);
    state_print();
    if (strcmp(way, "trap") == 0)
        raise(SIGTRAP);
    abort();
}

TRACED int middle(void);
int middle(void)
{
    int result = inner();
    OPAQUE();
    return result;
}

TRACED int outer(void);
int outer(void)
{
    int result = middle();
    OPAQUE();
    return result;
}

static void *end_in_thread(void *data)
{
    while (n_beside < 10)
        usleep(100);
    outer();
    return data;
}

int main(int argc, char **argv)
{
    way = argc > 1 ? argv[1] : "abort";
    long calls = argument(argc, argv, 2, 50);
    struct rlimit none = {0, 0};
    struct sigaction action = {.sa_handler = on_abort};
    pthread_t thread;
    setrlimit(RLIMIT_CORE, &none);
    at_quick_exit(at_quick_exit_);
    if (strcmp(way, "handled") == 0)
        sigaction(SIGABRT, &action, NULL);
    for (long i = 0; i < calls; i++)
        check(work((int)i) == (int)i + 1, "result of work");
    if (strcmp(way, "thread") != 0)
        return outer();
    check(pthread_create(&thread, NULL, end_in_thread, NULL) == 0, "pthread_create");
    for (;;)
        beside();
}
