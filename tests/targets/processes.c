/* SPDX-License-Identifier: MIT */
/*
 * processes WAY [CALLS=50]: child processes made in many ways. The program calls work() CALLS times
 * before and CALLS times after the child was made; the child calls in_child() CALLS times. An
 * untraced child with its own memory checks that its code is clean. WAY is
 *
 *   commands      system(3), popen(3), posix_spawn(3): programs of the system, no in_child()
 *   clone_vm      clone(CLONE_VM): a process in the same memory, which calls while its parent does
 *   clone_exec    the same, and it executes /bin/true
 *   clone_vfork   clone(CLONE_VM | CLONE_VFORK), then exits
 *   vfork         vfork(2), and exits from inside nested calls
 *   outlives      clone(CLONE_VM): lives on in the memory of a parent that has ended
 *   daemon        forks twice, in a new session; starts when its ancestor has ended
 *   exec          a child of fork(2) that executes one_thread (with its own work())
 *   thread        fork(2) in a thread, while two others call work()
 *   deep          fork(2) three traced calls deep; both return from them
 *
 * Prints "child:in_child CALLS CALLS" and "work 2*CALLS 2*CALLS", and more for some WAYs.
 */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "clean.h"

extern char **environ;

enum { STACK_SIZE = 64 * 1024 };

static counter n_work, n_in_child;
static long calls;
static char stack[STACK_SIZE] __attribute__((aligned(64)));
static char *const truth[] = {"true", NULL};

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED int in_child(int i);
int in_child(int i)
{
    n_in_child++;
    return i + 2;
}

static void call_work(void)
{
    for (long i = 0; i < calls; i++)
        check(work((int)i) == (int)i + 1, "result of work");
}

static void call_in_child(void)
{
    for (long i = 0; i < calls; i++)
        check(in_child((int)i) == (int)i + 2, "result of in_child");
}

static void await(pid_t child)
{
    int status;
    check(child > 0, "birth of the child");
    check(waitpid(child, &status, 0) == child, "waitpid");
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "end of the child");
}

/* ---- commands */

static void commands(void)
{
    char line[64] = "";
    pid_t child;
    for (int i = 0; i < 3; i++) {
        int status = system("exit 3");
        check(WIFEXITED(status) && WEXITSTATUS(status) == 3, "status of system");
        call_work();
        FILE *pipe = popen("echo from the shell", "r");
        check(pipe && fgets(line, sizeof(line), pipe), "output of popen");
        check(strcmp(line, "from the shell\n") == 0 && pclose(pipe) == 0, "end of popen");
        check(posix_spawn(&child, "/bin/true", NULL, NULL, truth, environ) == 0, "posix_spawn");
        await(child);
    }
    check(posix_spawn(&child, "/nonexistent", NULL, NULL, truth, environ) != 0, "posix_spawn");
    report("work", n_work, n_work);
}

/* ---- in the same memory */

/* Uses nothing of the C library that needs thread-local storage: that is the parent's. */
static int child_exits(void *data)
{
    call_in_child();
    if (data)
        execve("/bin/true", truth, environ);
    _exit(data ? 127 : 0);
}

static void same_memory(int flags, void *data)
{
    call_work();
    pid_t child = clone(child_exits, stack + STACK_SIZE, flags | SIGCHLD, data);
    call_work();
    await(child);
    report("child:in_child", n_in_child, n_in_child);
    report("work", n_work, n_work);
}

TRACED void inner(void);
void inner(void)
{
    call_in_child();
    _exit(0);
}

TRACED void outer(void);
void outer(void)
{
    inner();
    OPAQUE();
}

static void by_vfork(void)
{
    call_work();
    pid_t child = vfork();
    if (child == 0)
        outer();
    await(child);
    call_work();
    report("child:outer", 1, 0);
    report("child:inner", 1, 0);
    report("child:in_child", n_in_child, n_in_child);
    report("work", n_work, n_work);
}

static int child_outlives(void *data)
{
    /* Not getppid(3): this is read while the writer may be dead. */
    while (syscall(SYS_getppid) == *(const pid_t *)data)
        sched_yield();
    call_in_child();
    report("child:in_child", n_in_child, n_in_child);
    _exit(0);
}

static void outlives(void)
{
    static pid_t parent;
    parent = getpid();
    call_work();
    check(clone(child_outlives, stack + STACK_SIZE, CLONE_VM | SIGCHLD, &parent) > 0, "clone");
    call_work();
    report("work", n_work, n_work);
}

/* ---- in a memory of its own */

static int daemon_main(int ancestor)
{
    char byte;
    check(read(ancestor, &byte, 1) == 0, "end of the ancestor");
    check_clean();
    call_in_child();
    report("child:in_child", n_in_child, n_in_child);
    return 0;
}

static void daemonize(void)
{
    int ends[2];
    check(pipe(ends) == 0, "pipe");
    call_work();
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        check(setsid() > 0, "setsid");
        pid_t grandchild = fork();
        if (grandchild == 0)
            exit(daemon_main(ends[0]));
        _exit(grandchild < 0);
    }
    await(child);
    call_work();
    report("work", n_work, n_work);
    /* ends[1] is closed when this process ends. */
}

static void executes(void)
{
    char program[PATH_MAX], number[32];
    char *const arguments[] = {program, number, "child:", NULL};
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 16);
    check(n > 0, "readlink");
    program[n] = '\0';
    strcpy(strrchr(program, '/') + 1, "one_thread");
    snprintf(number, sizeof(number), "%ld", calls * 3);
    call_work();
    pid_t child = fork();
    if (child == 0) {
        check_clean();
        call_in_child();
        report("child:in_child", n_in_child, n_in_child);
        execv(program, arguments);
        _exit(127);
    }
    await(child);
    call_work();
    report("work", n_work, n_work);
}

static void child_main(void)
{
    check_clean();
    call_in_child();
    report("child:in_child", n_in_child, n_in_child);
}

static void *call_half(void *data)
{
    call_work();
    return data;
}

static void *forks(void *data)
{
    for (int i = 0; i < 5; i++) {
        pid_t child = fork();
        if (child == 0) {
            child_main();
            exit(0);
        }
        await(child);
    }
    return data;
}

static void in_thread(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        check(pthread_create(&threads[i], NULL, i < 2 ? call_half : forks, NULL) == 0,
              "pthread_create");
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    report("work", n_work, n_work);
}

TRACED pid_t deep(int level);
pid_t deep(int level)
{
    pid_t child = level ? deep(level - 1) : fork();
    OPAQUE();
    return child;
}

static void deeply(void)
{
    call_work();
    pid_t child = deep(2);
    if (child == 0) {
        child_main();
        report("child:deep", 0, 0);
        exit(0);
    }
    await(child);
    call_work();
    report("deep", 3, 3);
    report("work", n_work, n_work);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    calls = argument(argc, argv, 2, 50);
    if (strcmp(way, "commands") == 0)
        commands();
    else if (strcmp(way, "clone_vm") == 0)
        same_memory(CLONE_VM, NULL);
    else if (strcmp(way, "clone_exec") == 0)
        same_memory(CLONE_VM, "");
    else if (strcmp(way, "clone_vfork") == 0)
        same_memory(CLONE_VM | CLONE_VFORK, NULL);
    else if (strcmp(way, "vfork") == 0)
        by_vfork();
    else if (strcmp(way, "outlives") == 0)
        outlives();
    else if (strcmp(way, "daemon") == 0)
        daemonize();
    else if (strcmp(way, "exec") == 0)
        executes();
    else if (strcmp(way, "thread") == 0)
        in_thread();
    else if (strcmp(way, "deep") == 0)
        deeply();
    else
        check(0, "the first argument");
    return 0;
}
