/* SPDX-License-Identifier: MIT */
/*
 * cpu_times: calls that work, sleep, recurse, are left by longjmp(3), are tail-called or are
 * suspended on another stack, in several threads, in a child, and in the program once more after an
 * execve(2) by another thread than the first ("cpu_times again"). Prints a line for each call that
 * returns, in the order of the returns of a thread:
 *
 *   cpu TID NAME INSIDE OUTSIDE
 *
 * with the thread's CPU time in ns, as it measures it itself (CLOCK_THREAD_CPUTIME_ID): from the
 * function's beginning to its end, and from before the call until after it. Lines of the child
 * start with "child:".
 */
#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#include "target.h"

enum { THREADS = 3, STACK_SIZE = 64 * 1024 };

static const long WORK_NS = 3 * 1000 * 1000;
static const struct timespec PAUSE = {.tv_nsec = 50 * 1000 * 1000};

static __thread long inside, inside_tail; /* of the last call that has returned */
static __thread jmp_buf back;
static ucontext_t scheduler, context;
static char stack[STACK_SIZE];
static const char *whose = "";

static long cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void work_for(long ns)
{
    for (long start = cpu_ns(); cpu_ns() - start < ns;)
        OPAQUE();
}

static void tell(const char *name, long inside_ns, long before_ns, long after_ns)
{
    printf("%scpu %d %s %ld %ld\n", whose, (int)gettid(), name, inside_ns, after_ns - before_ns);
    fflush(stdout);
}

TRACED long work(void)
{
    long start = cpu_ns();
    work_for(WORK_NS);
    long end = cpu_ns();
    inside = end - start;
    return end;
}

TRACED void rest(void)
{
    long start = cpu_ns();
    check(nanosleep(&PAUSE, NULL) == 0, "nanosleep");
    inside = cpu_ns() - start;
}

TRACED void recurse(int n)
{
    long start = cpu_ns();
    if (n > 1) {
        long before = cpu_ns();
        recurse(n - 1);
        tell("recurse", inside, before, cpu_ns());
    }
    work_for(WORK_NS / 10);
    inside = cpu_ns() - start;
}

TRACED long tail(void)
{
    inside_tail = cpu_ns();
    return work();
}

TRACED void leave(void)
{
    work_for(WORK_NS / 10);
    longjmp(back, 1);
}

TRACED void suspended(void)
{
    long start = cpu_ns();
    check(swapcontext(&context, &scheduler) == 0, "swapcontext");
    inside = cpu_ns() - start;
}

static long suspended_before;

static void in_coroutine(void)
{
    suspended_before = cpu_ns();
    suspended();
    tell("suspended", inside, suspended_before, cpu_ns());
}

static void *call_all(void *data)
{
    long before = cpu_ns();
    work();
    tell("work", inside, before, cpu_ns());
    before = cpu_ns();
    rest();
    tell("rest", inside, before, cpu_ns());
    before = cpu_ns();
    recurse(3);
    tell("recurse", inside, before, cpu_ns());
    if (setjmp(back) == 0)
        leave();
    before = cpu_ns();
    long end = tail(), after = cpu_ns();
    tell("work", inside, before, after);
    tell("tail", end - inside_tail, before, after);
    return data;
}

static void call_in_coroutine(void)
{
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = sizeof(stack);
    context.uc_link = &scheduler;
    makecontext(&context, in_coroutine, 0);
    check(swapcontext(&scheduler, &context) == 0, "swapcontext");
    long before = cpu_ns();
    work();
    tell("work", inside, before, cpu_ns());
    check(swapcontext(&scheduler, &context) == 0, "swapcontext");
}

static void *execute_again(void *program)
{
    execl(program, program, "again", NULL);
    check(0, "execl");
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS], other;
    if (argc > 1) {
        long before = cpu_ns();
        work();
        tell("work", inside, before, cpu_ns());
        return 0;
    }
    call_all(NULL);
    call_in_coroutine();
    pid_t child = fork();
    if (child == 0) {
        whose = "child:";
        call_all(NULL);
        _exit(0);
    }
    check(waitpid(child, NULL, 0) == child, "waitpid");
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, call_all, NULL) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check(pthread_create(&other, NULL, execute_again, argv[0]) == 0, "pthread_create");
    pthread_join(other, NULL);
    return 1;
}
