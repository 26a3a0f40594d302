/* SPDX-License-Identifier: MIT */
/*
 * fault_behind: the instruction after a call faults, once, while another thread is in a call from
 * the same place, and the handler waits until that thread has returned. Then the call is made
 * again, with the same stack. Prints "wanted 4 4" and "wanted_and_wait 1 1".
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>

#include "machine.h"
#include "target.h"

enum { OTHERS = 100 };

typedef void function(void);

long call_and_read(function *f, const long *from);
extern const char behind_the_call[];

static const long value = 4711;
static counter n_wanted;
static atomic_int is_inside, may_return, has_returned, faults;

__attribute__((noinline)) static void other(void)
{
    OPAQUE();
}

TRACED void wanted(void);
void wanted(void)
{
    n_wanted++;
    OPAQUE();
}

TRACED void wanted_and_wait(void);
void wanted_and_wait(void)
{
    is_inside = 1;
    while (!may_return)
        usleep(1000);
}

static void *call_beside(void *data)
{
    check(call_and_read(wanted_and_wait, &value) == value, "result beside");
    has_returned = 1;
    return data;
}

static void mend(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    faults++;
    check((uintptr_t)info->si_addr == 16, "address of the fault");
    check(context_pc(context) == (uintptr_t)behind_the_call, "PC of the fault");
    context_set_kept(context, (uintptr_t)&value);
    may_return = 1;
    while (!has_returned)
        usleep(1000);
}

static void call(const long *from)
{
    check(call_and_read(wanted, from) == value, "result");
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO};
    pthread_t beside;
    sigaction(SIGSEGV, &action, NULL);
    call(&value);
    for (int i = 0; i < OTHERS; i++)
        check(call_and_read(other, &value) == value, "result of others");
    call(&value);
    check(pthread_create(&beside, NULL, call_beside, NULL) == 0, "pthread_create");
    while (!is_inside)
        usleep(1000);
    call((const long *)16);
    call(&value);
    pthread_join(beside, NULL);
    check(faults == 1, "number of faults");
    report("wanted", n_wanted, n_wanted);
    report("wanted_and_wait", 1, 1);
    return 0;
}
