/* SPDX-License-Identifier: MIT */
/*
 * group_stop [ROUNDS=5] [CALLS=10]: calls work() CALLS times and stops itself with SIGSTOP, ROUNDS
 * times; a child continues it, and the handler of SIGCONT calls on_continue() each time. A second
 * thread also calls work(), as often. Prints "work 2*ROUNDS*CALLS ..." and "on_continue ROUNDS
 * ROUNDS".
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "target.h"

static counter n_work, n_on_continue;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void on_continue(void);
void on_continue(void)
{
    n_on_continue++;
}

static void handle(int signal)
{
    (void)signal;
    on_continue();
    OPAQUE();
}

static char state_of(pid_t pid)
{
    char path[64], text[256], state = '?';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return '?';
    if (fgets(text, sizeof(text), file)) {
        char *name_end = strrchr(text, ')');
        if (name_end && name_end[1] == ' ')
            state = name_end[2];
    }
    fclose(file);
    return state;
}

/* The child: continues its parent each time it announces a stop. A stopped traced process shows as
   't', also in a short stop of the tracer's: it must stay so. */
static int continue_parent(int told)
{
    const struct timespec pause = {0, 2000000};
    char byte;
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(told, &byte, 1) == 1) {
        for (int seen = 0; seen < 5;) {
            char state = state_of(parent);
            seen = state == 'T' || state == 't' ? seen + 1 : 0;
            nanosleep(&pause, NULL);
        }
        kill(parent, SIGCONT);
    }
    return 0;
}

static void *beside(void *data)
{
    long calls = *(long *)data;
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
    return NULL;
}

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 5), calls = argument(argc, argv, 2, 10);
    long total = rounds * calls;
    struct sigaction action = {.sa_handler = handle};
    int tell[2];
    sigset_t cont;
    pthread_t thread;

    check(pipe(tell) == 0, "pipe");
    sigaction(SIGCONT, &action, NULL);
    pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        close(tell[1]);
        return continue_parent(tell[0]);
    }
    close(tell[0]);
    sigemptyset(&cont);
    sigaddset(&cont, SIGCONT);
    pthread_sigmask(SIG_BLOCK, &cont, NULL); /* the handler is for this thread */
    check(pthread_create(&thread, NULL, beside, &total) == 0, "pthread_create");
    pthread_sigmask(SIG_UNBLOCK, &cont, NULL);
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < calls; i++)
            check(work(i) == i + 1, "result of work");
        check(write(tell[1], "", 1) == 1, "write");
        raise(SIGSTOP);
        while (n_on_continue < (unsigned long)round + 1)
            usleep(100);
    }
    pthread_join(thread, NULL);
    close(tell[1]);
    waitpid(child, NULL, 0);
    report("work", n_work, n_work);
    report("on_continue", n_on_continue, n_on_continue);
    return 0;
}
