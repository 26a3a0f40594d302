/* SPDX-License-Identifier: MIT */
/*
 * exec_other [CALLS=100] [thread]: calls work() CALLS times, then execs() executes one_thread in
 * its own directory with the argument 2*CALLS; with `thread`, from a thread that is not the first,
 * while another one calls work_beside() all the time. Prints "work CALLS CALLS" and "execs 1 0",
 * then one_thread prints "work 2*CALLS 2*CALLS".
 */
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "target.h"

static counter n_work, n_beside;
static char program[PATH_MAX], number[32];

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void work_beside(void);
void work_beside(void)
{
    n_beside++;
}

TRACED void execs(void);
void execs(void)
{
    char *const arguments[] = {program, number, NULL};
    execv(program, arguments);
    check(0, "execv");
}

static void *exec_in_thread(void *data)
{
    (void)data;
    execs();
    return NULL;
}

static void *call_beside(void *data)
{
    (void)data;
    for (;;)
        work_beside();
    return NULL;
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 100);
    pthread_t beside, thread;
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 16);
    check(n > 0, "readlink");
    program[n] = '\0';
    strcpy(strrchr(program, '/') + 1, "one_thread");
    snprintf(number, sizeof(number), "%d", calls * 2);

    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
    report("work", n_work, n_work);
    report("execs", 1, 0);
    if (argc > 2 && strcmp(argv[2], "thread") == 0) {
        check(pthread_create(&beside, NULL, call_beside, NULL) == 0, "pthread_create");
        while (n_beside < 10)
            usleep(100);
        check(pthread_create(&thread, NULL, exec_in_thread, NULL) == 0, "pthread_create");
        for (;;)
            pause();
    }
    execs();
}
