/* SPDX-License-Identifier: MIT */
/*
 * orphans WAY [SPINS=0]: a thread makes children by fork(2), one after the other, while the main
 * thread, after the first one and SPINS loops, ends both: by _exit(2) (WAY is `exit`), by execve(2)
 * of /bin/true (`exec`) or by SIGKILL (`kill`). Each child checks that its code is clean, unless it
 * is traced, calls in_child() CALLS times and prints "child:in_child CALLS CALLS". A damaged one
 * exits with another status than 0.
 */
#include <pthread.h>

#include "clean.h"

enum { CALLS = 3, CHILDREN_MAX = 100 };

static atomic_int n_made;

TRACED int in_child(int i);
int in_child(int i)
{
    OPAQUE();
    return i + 2;
}

/* The parent's standard output may be in use. */
static void live(void)
{
    char line[64];
    check_clean();
    for (int i = 0; i < CALLS; i++)
        check(in_child(i) == i + 2, "result of in_child");
    int n = snprintf(line, sizeof(line), "child:in_child %d %d\n", CALLS, CALLS);
    check(write(STDOUT_FILENO, line, (size_t)n) == n, "write");
    _exit(0);
}

static void *make_children(void *data)
{
    for (int i = 0; i < CHILDREN_MAX; i++) {
        n_made++;
        if (fork() == 0)
            live();
    }
    return data;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    char *const truth[] = {"true", NULL};
    const char *way = argc > 1 ? argv[1] : "";
    check(pthread_create(&thread, NULL, make_children, NULL) == 0, "pthread_create");
    while (n_made == 0)
        continue;
    for (volatile long i = argument(argc, argv, 2, 0); i > 0; i--)
        continue;
    if (strcmp(way, "exit") == 0)
        _exit(0);
    if (strcmp(way, "exec") == 0)
        execv("/bin/true", truth);
    if (strcmp(way, "kill") == 0)
        kill(getpid(), SIGKILL);
    check(0, "the first argument");
}
