/* SPDX-License-Identifier: MIT */
/*
 * seccomp_strict [CALLS=50]: calls work() CALLS times, enters the strict mode of seccomp(2), in
 * which every system call but read, write, _exit and sigreturn kills it, calls late() CALLS times
 * (and sleeps in none), and exits with status 2. Prints "work CALLS CALLS" and "late CALLS CALLS".
 */
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "target.h"

static counter n_work, n_late;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED long late(long i);
long late(long i)
{
    n_late++;
    return work((int)i) + 1;
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 1, 50);
    for (long i = 0; i < calls; i++)
        check(work((int)i) == (int)i + 1, "result of work");
    report("work", n_work, n_work);
    state_print();
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0, "PR_SET_SECCOMP");
    for (long i = 0; i < calls; i++)
        check(late(i) == i + 2, "result of late");
    report("work", n_work - (unsigned long)calls, n_work - (unsigned long)calls);
    report("late", n_late, n_late);
    syscall(SYS_exit, 2);
    return 0;
}
