/* SPDX-License-Identifier: MIT */
/*
 * dispatch MODE [CALLS=100000]: CALLS calls of functions by pointer, all from one place; one in a
 * hundred is wanted(), which is traced, the others are not. MODE is
 *
 *   loop      a loop over a table of functions
 *   virtual   objects with virtual functions
 *   busy      always wanted() from the middle on
 *   nested    wanted() calls others, and itself, from there
 *   tail      each fourth wanted() ends in a jump to jumped()
 *   left      each fourth wanted() is left by longjmp()
 *   threads   the loop, in four threads
 *   fork      each 1000 calls a child continues with 1000 calls, while a thread is in the loop
 *
 * Prints "wanted ENTRIES EXITS", with `tail` also "jumped ENTRIES EXITS", and "child:wanted ENTRIES
 * EXITS" in each child.
 */
#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <sys/wait.h>

#include "target.h"

enum { ONE_IN = 100, THREADS = 4, FORK_EACH = 1000 };

typedef long function(long i);

static counter n_wanted, n_left, n_jumped, n_others;
static const char *mode;
static jmp_buf back;

static int is(const char *name)
{
    return strcmp(mode, name) == 0;
}

static function *choose(long i);

/* The only place of the calls. */
__attribute__((noinline)) static long call_one(function *f, long i)
{
    long result = f(i);
    OPAQUE();
    return result;
}

__attribute__((noinline)) static long other(long i)
{
    n_others++;
    return i;
}

__attribute__((noinline)) static long another(long i)
{
    n_others++;
    return i;
}

TRACED long jumped(long i);
long jumped(long i)
{
    n_jumped++;
    return i;
}

TRACED long wanted(long i);
long wanted(long i)
{
    unsigned long n = ++n_wanted;
    if (is("nested") && i % (3 * ONE_IN) != 0)
        return call_one(other, i) + call_one(wanted, i - ONE_IN) - (i - ONE_IN);
    if (is("left") && n % 4 == 0) {
        n_left++;
        longjmp(back, 1);
    }
    if (is("tail") && n % 4 == 0)
        return jumped(i);
    return i;
}

static long calls;

static function *choose(long i)
{
    static function *const others[] = {other, another};
    if (i % ONE_IN == 0 || (is("busy") && i > calls / 2))
        return wanted;
    return others[i % 2];
}

static void loop(long from, long to)
{
    for (volatile long i = from; i < to; i++)
        if (!is("left") || setjmp(back) == 0)
            check(call_one(choose(i), i) == i, "result");
}

/* ---- virtual functions */

struct object {
    function *const *functions;
};

static void call_objects(void)
{
    static function *const tables[][2] = {{another, other}, {other, wanted}};
    const struct object objects[] = {{tables[0]}, {tables[1]}};
    for (long i = 0; i < calls; i++) {
        const struct object *object = &objects[i % ONE_IN == 0];
        check(object->functions[1](i) == i, "result of a virtual function");
    }
}

/* ---- Threads and processes */

static void *run_loop(void *data)
{
    loop(0, calls);
    return data;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, run_loop, NULL) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static atomic_int forked_enough;
static counter n_beside;

static void *loop_beside(void *data)
{
    for (long i = 0; !forked_enough; i++) {
        check(call_one(choose(i), i) == i, "result beside");
        n_beside++;
    }
    return data;
}

static void be_child(void)
{
    unsigned long before = n_wanted;
    char line[64];
    loop(0, FORK_EACH);
    check(n_wanted - before == FORK_EACH / ONE_IN, "calls of a child");
    /* One write, as there are many children. */
    int n = snprintf(line, sizeof(line), "child:wanted %d %d\n", FORK_EACH / ONE_IN,
                     FORK_EACH / ONE_IN);
    _exit(write(STDOUT_FILENO, line, (size_t)n) == n ? 0 : 98);
}

static void run_forks(void)
{
    pthread_t beside;
    check(pthread_create(&beside, NULL, loop_beside, NULL) == 0, "pthread_create");
    for (long i = 0; i < calls; i += FORK_EACH) {
        int status;
        loop(i, i + FORK_EACH);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            be_child();
        check(waitpid(child, &status, 0) == child && status == 0, "end of a child");
    }
    forked_enough = 1;
    pthread_join(beside, NULL);
}

int main(int argc, char **argv)
{
    mode = argc > 1 ? argv[1] : "loop";
    calls = argument(argc, argv, 2, 100000);
    if (is("virtual"))
        call_objects();
    else if (is("threads"))
        run_threads();
    else if (is("fork"))
        run_forks();
    else
        loop(0, calls);
    report("wanted", n_wanted, n_wanted - n_left);
    if (is("tail"))
        report("jumped", n_jumped, n_jumped);
    return 0;
}
