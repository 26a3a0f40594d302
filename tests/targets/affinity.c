/* SPDX-License-Identifier: MIT */
/*
 * affinity: calls work() until the thread is bound to one CPU (by asking the kernel, not the C
 * library), or for WAIT seconds at most. Then everything must still show the original affinity: the
 * C library's functions, a thread, a child, an executed program. Prints "work N N", "bound TIMES"
 * and "executed".
 *
 * affinity CALLS: makes so many calls, and asks the C library now and then. Prints "work CALLS
 * CALLS".
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "target.h"

enum { WAIT = 20 };

static counter n_work;
static cpu_set_t own;
static int times;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

static void ask_kernel(cpu_set_t *set)
{
    CPU_ZERO(set);
    check(syscall(SYS_sched_getaffinity, 0, sizeof(*set), set) > 0, "sched_getaffinity");
}

static int is_own(void)
{
    cpu_set_t set;
    ask_kernel(&set);
    return CPU_EQUAL(&set, &own);
}

/* Calls work() until the thread is bound; returns whether it was. */
static int until_bound(void)
{
    time_t end = time(NULL) + WAIT;
    for (int i = 0; is_own(); i++) {
        check(work(i) == i + 1, "result of work");
        if (time(NULL) > end)
            return 0;
    }
    times++;
    return 1;
}

static void *thread(void *unused)
{
    (void)unused;
    check(is_own(), "a new thread's affinity");
    return NULL;
}

static void child(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(is_own() ? 0 : 1);
    check(waitpid(pid, &status, 0) == pid && status == 0, "a child's affinity");
}

static void ask(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    check(sched_getaffinity(0, sizeof(set), &set) == 0, "sched_getaffinity");
    check(CPU_EQUAL(&set, &own), "what sched_getaffinity tells");
    check(is_own(), "the affinity after it was asked for");
}

/* An affinity that the program sets stays, also when the thread is bound again and detached. */
static void set_fewer(void)
{
    cpu_set_t fewer;
    CPU_ZERO(&fewer);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &own) && CPU_COUNT(&fewer) + 1 < CPU_COUNT(&own))
            CPU_SET(cpu, &fewer);
    check(pthread_setaffinity_np(pthread_self(), sizeof(fewer), &fewer) == 0, "setting");
    own = fewer;
    check(is_own(), "the affinity that was set");
    for (int i = 0; i < 2000; i++)
        check(work(i) == i + 1, "result of work");
    ask();
}

static void wait_until_let_go(void)
{
    time_t end = time(NULL) + WAIT;
    while (!is_own())
        check(time(NULL) <= end, "it is never let go");
}

/* Without waiting, for tests that attach at random times. */
static void call_and_ask(long calls)
{
    for (int i = 0; i < calls; i++) {
        check(work(i) == i + 1, "result of work");
        if (i % 1024 == 0)
            ask();
    }
    report("work", n_work, n_work);
}

/* Its own program, executed, must have the affinity in its argument. */
static void set_name(char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (int cpu = 0; cpu < CPU_SETSIZE && n + 8 < size; cpu++)
        if (CPU_ISSET(cpu, &own))
            n += (size_t)snprintf(text + n, size - n, "%d,", cpu);
}

int main(int argc, char **argv)
{
    char name[8192];
    pthread_t id;
    ask_kernel(&own);
    set_name(name, sizeof(name));
    if (argc > 2) {
        check(strcmp(argv[2], name) == 0, "the affinity of the program executed");
        printf("executed\n");
        return 0;
    }
    if (argc > 1 || CPU_COUNT(&own) < 2) {
        call_and_ask(argument(argc, argv, 1, 3000));
        return 0;
    }
    if (until_bound())
        ask();
    if (until_bound()) {
        check(pthread_create(&id, NULL, thread, NULL) == 0, "pthread_create");
        check(pthread_join(id, NULL) == 0, "pthread_join");
    }
    if (until_bound())
        child();
    if (until_bound())
        wait_until_let_go();
    if (until_bound())
        set_fewer();
    else
        check(is_own(), "its own affinity");
    report("work", n_work, n_work);
    printf("bound %d\n", times);
    fflush(stdout);
    set_name(name, sizeof(name));
    execl("/proc/self/exe", argv[0], "1", name, NULL);
    return 1;
}
