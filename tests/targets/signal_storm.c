/* SPDX-License-Identifier: MIT */
/*
 * signal_storm [SIGNALS=200]: a timer signal every half millisecond, whose handler calls
 * in_handler(), while the main loop calls work(), at most AT_ONCE times for each signal, until
 * SIGNALS have arrived. Prints "work N N" and "in_handler SIGNALS SIGNALS".
 */
#include <signal.h>
#include <sys/time.h>

#include "target.h"

enum { AT_ONCE = 1000 };

static counter n_work, n_in_handler;
static unsigned long signals;
static volatile long calls_left;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i ^ 1;
}

TRACED void in_handler(int signal);
void in_handler(int signal)
{
    n_in_handler++;
    check(signal == SIGALRM, "number of the signal");
}

static void handle(int signal)
{
    const struct itimerval never = {0};
    calls_left = AT_ONCE;
    if (n_in_handler == signals) /* one more was pending */
        return;
    in_handler(signal);
    OPAQUE();
    /* Here, not in main(): if handlers take longer than the interval, main() never runs. */
    if (n_in_handler == signals)
        setitimer(ITIMER_REAL, &never, NULL);
}

int main(int argc, char **argv)
{
    signals = (unsigned long)argument(argc, argv, 1, 200);
    struct sigaction action = {.sa_handler = handle};
    struct itimerval every = {{0, 500}, {0, 500}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (int i = 0; n_in_handler < signals;) {
        if (calls_left <= 0)
            continue;
        calls_left--;
        check(work(i) == (i ^ 1), "result of work");
        i++;
    }
    report("work", n_work, n_work);
    report("in_handler", n_in_handler, n_in_handler);
    return 0;
}
