/* SPDX-License-Identifier: MIT */
/*
 * secluded CHILDREN: a process that is not dumpable (prctl(2), PR_SET_DUMPABLE), so other processes
 * of its user cannot read it, under a seccomp filter that allows all. It forks children one after
 * the other, each of which calls work() five times. Prints "work 5 5", and checks the status of
 * every child.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "target.h"

TRACED int work(int i);
int work(int i)
{
    OPAQUE();
    return i + 1;
}

static void call(void)
{
    for (int i = 0; i < 5; i++)
        check(work(i) == i + 1, "result of work");
}

int main(int argc, char **argv)
{
    struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, filter};
    long children = argument(argc, argv, 1, 3);
    check(prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
              prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0,
          "prctl");
    call();
    for (long i = 0; i < children; i++) {
        int status;
        pid_t child = fork();
        check(child >= 0, "fork");
        if (child == 0) {
            call();
            _exit(3);
        }
        check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3,
              "end of a child");
    }
    report("work", 5, 5);
    return 0;
}
