/* SPDX-License-Identifier: MIT */
/*
 * shared_memory WAY [CALLS=20]: a child process shares its parent's memory, and then one of them
 * loads libdlopen_lib.so, calls its lib_work() CALLS times, and unloads it. WAY is
 *
 *   exits       a child of vfork(2) that exits
 *   executes    one that executes /bin/true
 *   refused     one whose execve(2) fails
 *   killed      one that is killed
 *   spawn       posix_spawn(3), system(3), popen(3)
 *   chain       a child of vfork(2) of a child of vfork(2) of ...
 *   threads     children of vfork(2) of four threads at once
 *   beside      a child of clone(2) with CLONE_VM, which loads the library, too
 *   outlives    the same, and its parent is killed before
 *   left        the same, and its parent executes /bin/true before
 *   attended    as outlives; parent and child print "pid PID" first, and the parent exits after a
 *               line from stdin
 *
 * Prints "lib_work N N"; for calls of a child, "child:lib_work N N".
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "report.h"

enum { STACK_SIZE = 256 * 1024, LINKS = 5, THREADS = 4 };

extern char **environ;

static const char library[] = "libdlopen_lib.so"; /* found by the run path, $ORIGIN */
static char *const truth[] = {"true", NULL};
static char stack[STACK_SIZE] __attribute__((aligned(64)));
static unsigned long count;
static long calls;
static pid_t parent;

static void load(void)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    check(handle != NULL, "dlopen");
    unsigned long **counter_of_lib = dlsym(handle, "lib_counter");
    int (*lib_work)(int);
    *(void **)&lib_work = dlsym(handle, "lib_work");
    check(counter_of_lib && lib_work, "dlsym");
    *counter_of_lib = &count;
    for (int i = 0; i < calls; i++)
        check(lib_work(i) == i + 5, "result of lib_work");
    dlclose(handle);
}

static void await(pid_t child, int status)
{
    int was;
    check(child > 0 && waitpid(child, &was, 0) == child, "birth of the child");
    check(was == status, "end of the child");
}

static void await_forked(char way)
{
    pid_t child = vfork();
    if (child == 0) {
        if (way == 'e')
            execve("/bin/true", truth, environ);
        if (way == 'r')
            execve("/nonexistent", truth, environ);
        if (way == 'k')
            kill(getpid(), SIGKILL);
        _exit(0);
    }
    await(child, way == 'k' ? SIGKILL : 0);
}

static void spawn(void)
{
    pid_t child;
    check(posix_spawn(&child, "/bin/true", NULL, NULL, truth, environ) == 0, "posix_spawn");
    await(child, 0);
    load();
    check(system("exit 0") == 0, "system");
    load();
    FILE *pipe = popen("exit 0", "r");
    check(pipe && pclose(pipe) == 0, "popen");
}

/* None returns from a function that its parent is in. */
static void chain(int links)
{
    pid_t child = vfork();
    if (child == 0) {
        if (links > 1)
            chain(links - 1);
        _exit(0);
    }
    await(child, 0);
}

static void *forks(void *data)
{
    for (int i = 0; i < 5; i++)
        await_forked(i % 2 ? 'e' : 'x');
    return data;
}

static void threads(void)
{
    pthread_t all[THREADS];
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&all[i], NULL, forks, NULL) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i], NULL);
}

/* Its thread-local storage is its parent's, which sleeps or is gone. */
static int live(void *data)
{
    (void)data;
    /* Not getppid(3), nor another function with state: the memory is shared. */
    while (parent && syscall(SYS_getppid) == parent)
        sched_yield();
    unsigned long before = count;
    load();
    report("child:lib_work", count - before, count - before);
    count = before;
    _exit(0);
}

static pid_t make_child(void)
{
    pid_t child = clone(live, stack + STACK_SIZE, CLONE_VM | SIGCHLD, NULL);
    check(child > 0, "clone");
    return child;
}

static void beside(void)
{
    await(make_child(), 0);
}

static void attended(void)
{
    char byte;
    parent = getpid();
    printf("pid %d\n", (int)parent);
    printf("pid %d\n", (int)make_child());
    fflush(stdout);
    check(read(STDIN_FILENO, &byte, 1) >= 0, "line");
    _exit(0);
}

static void left_behind(bool executes)
{
    parent = getpid();
    make_child();
    if (!executes)
        kill(parent, SIGKILL);
    execve("/bin/true", truth, environ);
    _exit(99);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    calls = argument(argc, argv, 2, 20);
    load();
    if (strcmp(way, "exits") == 0 || strcmp(way, "executes") == 0 || strcmp(way, "refused") == 0 ||
        strcmp(way, "killed") == 0)
        await_forked(way[0] == 'e' && way[2] == 'i' ? 'x' : way[0]);
    else if (strcmp(way, "spawn") == 0)
        spawn();
    else if (strcmp(way, "chain") == 0)
        chain(LINKS);
    else if (strcmp(way, "threads") == 0)
        threads();
    else if (strcmp(way, "beside") == 0)
        beside();
    else if (strcmp(way, "outlives") == 0 || strcmp(way, "left") == 0)
        left_behind(way[0] == 'l');
    else if (strcmp(way, "attended") == 0)
        attended();
    else
        check(0, "the first argument");
    load();
    report("lib_work", count, count);
    return 0;
}
