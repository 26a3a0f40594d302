/* SPDX-License-Identifier: MIT */
/*
 * signals_awaited [ROUNDS=50]: signals that are fetched, not handled: SIGCHLD of children by
 * sigwait(3), signalfd(2) and sigtimedwait(2) in turn; a blocked SIGTRAP from the program itself,
 * by each of these, with calls of work() while it is pending; the same, sent to the whole process.
 * None may be lost or change its origin. Prints "work 5*ROUNDS 5*ROUNDS".
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "target.h"

static counter n_work;
static int signal_fd;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

/* Fetches the next signal of the set, in one of three ways, with its sender. */
static int fetch(int way, const sigset_t *set, pid_t *sender)
{
    const struct timespec timeout = {30, 0};
    struct signalfd_siginfo read_info;
    siginfo_t info;
    int signal;
    switch (way % 3) {
    case 0:
        check(sigwait(set, &signal) == 0, "sigwait");
        *sender = 0; /* unknown */
        return signal;
    case 1:
        check(read(signal_fd, &read_info, sizeof(read_info)) == sizeof(read_info), "signalfd");
        *sender = (pid_t)read_info.ssi_pid;
        return (int)read_info.ssi_signo;
    default:
        /* signal(7): a stop, also by a tracer, ends it with EINTR. */
        do
            signal = sigtimedwait(set, &info, &timeout);
        while (signal < 0 && errno == EINTR);
        check(signal > 0, "sigtimedwait");
        *sender = info.si_pid;
        return signal;
    }
}

static void expect(int way, const sigset_t *set, int signal, pid_t from)
{
    pid_t sender;
    check(fetch(way, set, &sender) == signal, "which signal came");
    check(sender == 0 || sender == from, "where the signal is from");
}

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 50);
    sigset_t child_only, trap_only, both, before, pending;
    sigemptyset(&child_only);
    sigaddset(&child_only, SIGCHLD);
    sigemptyset(&trap_only);
    sigaddset(&trap_only, SIGTRAP);
    both = trap_only;
    sigaddset(&both, SIGCHLD);
    sigprocmask(SIG_BLOCK, &both, &before);
    signal_fd = signalfd(-1, &both, SFD_CLOEXEC);
    check(signal_fd >= 0, "signalfd");
    for (int i = 0; i < rounds; i++) {
        work(i);
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        check(child > 0, "fork");
        work(i);
        expect(i, &child_only, SIGCHLD, child);
        check(waitpid(child, NULL, 0) == child, "waitpid");

        raise(SIGTRAP);
        work(i);
        sigpending(&pending);
        check(sigismember(&pending, SIGTRAP), "SIGTRAP is pending");
        work(i);
        expect(i, &trap_only, SIGTRAP, getpid());

        kill(getpid(), SIGTRAP);
        work(i);
        expect(i, &trap_only, SIGTRAP, getpid());
        sigpending(&pending);
        check(!sigismember(&pending, SIGTRAP), "SIGTRAP came once");
    }
    close(signal_fd);
    sigprocmask(SIG_SETMASK, &before, NULL);
    report("work", n_work, n_work);
    return 0;
}
