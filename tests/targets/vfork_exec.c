/* SPDX-License-Identifier: MIT */
/*
 * vfork_exec [CALLS=100]: calls work() CALLS times; a vfork child, in the same memory, calls
 * in_child() once and executes /bin/true; then work() CALLS times more, and the same with
 * posix_spawn(). Prints "child:in_child 1 1" and "work 3*CALLS 3*CALLS".
 */
#include <spawn.h>
#include <sys/wait.h>

#include "target.h"

extern char **environ;

static counter n_work, n_in_child;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void in_child(void);
void in_child(void)
{
    n_in_child++;
}

static void call(int calls)
{
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
}

static void await(pid_t child)
{
    int status;
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "end of the child");
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 100);
    char *const arguments[] = {"true", NULL};
    call(calls);
    pid_t child = vfork();
    check(child >= 0, "vfork");
    if (child == 0) {
        in_child();
        execve("/bin/true", arguments, environ);
        _exit(127);
    }
    await(child);
    call(calls);
    check(posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) == 0, "posix_spawn");
    await(child);
    call(calls);
    report("child:in_child", n_in_child, n_in_child);
    report("work", n_work, n_work);
    return 0;
}
