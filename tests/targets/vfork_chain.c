/* SPDX-License-Identifier: MIT */
/*
 * vfork_chain [PROCESSES=3]: each process waits in vfork(2) for the next one, so that all share one
 * memory. Prints "pid PID" of the first one, then the last one prints "deep" and obeys lines on
 * stdin: for each it calls work() once and answers "called". At end of file all exit, and the first
 * one prints "work TOTAL TOTAL". Ends by SIGALRM after a minute.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target.h"

static counter n_work;
static volatile int depth;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i + 1;
}

static void say(const char *text)
{
    check(write(STDOUT_FILENO, text, strlen(text)) == (ssize_t)strlen(text), "write");
}

static void obey(void)
{
    char c;
    alarm(60);
    say("deep\n");
    while (read(STDIN_FILENO, &c, 1) == 1) {
        if (c != '\n')
            continue;
        check(work(1) == 2, "result of work");
        say("called\n");
    }
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 3);
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    while (depth < n - 1) {
        /* The child continues in this frame: what is set before has the child's values. */
        pid_t pid = vfork();
        check(pid >= 0, "vfork");
        if (pid == 0) {
            depth++;
            continue;
        }
        int status = 1;
        check(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
        if (--depth > 0)
            _exit(0);
        report("work", n_work, n_work);
        return 0;
    }
    obey();
    _exit(0);
}
