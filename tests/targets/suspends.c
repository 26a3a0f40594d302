/* SPDX-License-Identifier: MIT */
/*
 * suspends HOW [CALLS=100]: calls work() CALLS times, stops itself, and calls it as often again
 * once it is continued. Prints "work TOTAL TOTAL" and exits with 7. HOW:
 *
 *   all       as editors do: a handler of SIGTSTP restores the default, and sends it to the process
 *             group; starts with a SIGTSTP to itself
 *   self      SIGTSTP to itself
 *   stop      SIGSTOP to itself
 *   threads   as self, while three other threads call work() CALLS times each, one call a
 *             millisecond
 *   child     as self; a child calls work() as often while it is stopped, then makes a file
 *             child.done
 *   wait      does not stop: waits for SIGUSR1, while others stop it
 *
 * Ends by SIGALRM after a minute.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "target.h"

static counter n_work;
static long calls;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i + 1;
}

static void *call(void *data)
{
    const struct timespec *pause = data;
    for (long i = 0; i < calls; i++) {
        check(work(i) == i + 1, "result of work");
        nanosleep(pause, NULL);
    }
    return NULL;
}

static void suspend_all(int signal_number)
{
    signal(signal_number, SIG_DFL);
    kill(0, signal_number);
}

/* Its parent stops about now: from then on the tracer is needed all the same. */
static void call_in_child(void)
{
    const struct timespec slow = {0, 2000000};
    const struct timespec later = {0, 200000000};
    nanosleep(&later, NULL);
    call((void *)&slow);
    check(close(open("child.done", O_CREAT | O_WRONLY, 0644)) == 0, "child.done");
    _exit(0);
}

int main(int argc, char **argv)
{
    static const struct timespec none, slow = {0, 1000000};
    const char *how = argc > 1 ? argv[1] : "self";
    int n_threads = strcmp(how, "threads") == 0 ? 3 : 0;
    pthread_t threads[3];
    pid_t child = -1;
    sigset_t usr1;

    calls = argument(argc, argv, 2, 100);
    alarm(60);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    if (strcmp(how, "all") == 0) {
        struct sigaction action = {.sa_handler = suspend_all, .sa_flags = SA_NODEFER | SA_RESTART};
        sigaction(SIGTSTP, &action, NULL);
    }
    for (int i = 0; i < n_threads; i++)
        check(pthread_create(&threads[i], NULL, call, (void *)&slow) == 0, "pthread_create");
    call((void *)&none);
    if (strcmp(how, "child") == 0) {
        child = fork();
        if (child == 0)
            call_in_child();
    }
    if (strcmp(how, "wait") == 0) {
        while (sigwaitinfo(&usr1, NULL) < 0)
            check(errno == EINTR, "sigwaitinfo"); /* signal(7): so it ends after a stop */
    } else
        kill(getpid(), strcmp(how, "stop") == 0 ? SIGSTOP : SIGTSTP);
    call((void *)&none);
    for (int i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    if (child > 0)
        check(waitpid(child, NULL, 0) == child, "waitpid");
    report("work", n_work, n_work);
    return 7;
}
