/* SPDX-License-Identifier: MIT */
/*
 * crowd CHILDREN: forks so many children, which all exist at the same time; then each calls work()
 * five times and exits. Prints "child:work 5*CHILDREN 5*CHILDREN", and checks the status of every
 * child.
 */
#include <sys/wait.h>

#include "target.h"

TRACED int work(int i);
int work(int i)
{
    OPAQUE();
    return i + 1;
}

int main(int argc, char **argv)
{
    long children = argument(argc, argv, 1, 50);
    int go[2], status;
    char byte;
    check(pipe(go) == 0, "pipe");
    for (long i = 0; i < children; i++) {
        pid_t child = fork();
        check(child >= 0, "fork");
        if (child > 0)
            continue;
        close(go[1]);
        check(read(go[0], &byte, 1) == 0, "end of file");
        for (int k = 0; k < 5; k++)
            check(work(k) == k + 1, "result of work");
        _exit(3);
    }
    close(go[1]);
    for (long i = 0; i < children; i++)
        check(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 3, "end of a child");
    report("child:work", 5 * (unsigned long)children, 5 * (unsigned long)children);
    return 0;
}
