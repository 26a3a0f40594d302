/* SPDX-License-Identifier: MIT */
/*
 * Decoding what a wait reported about a thread, without any look-up or decision. The source is
 * ptrace(2), "Stopped states", for tracees attached with PTRACE_SEIZE.
 */
#ifndef PTRACE_OS_WAIT_STATUS_H
#define PTRACE_OS_WAIT_STATUS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

enum stop_kind {
    STOP_EXITED,      /* code: exit status */
    STOP_KILLED,      /* code: signal */
    STOP_SIGNAL,      /* signal-delivery-stop; code: signal */
    STOP_GROUP,       /* group-stop; code: the stopping signal */
    STOP_INTERRUPTED, /* PTRACE_EVENT_STOP outside a group-stop: after PTRACE_INTERRUPT, at the
                         start of a new tracee, or after SIGCONT */
    STOP_SYSCALL,     /* PTRACE_O_TRACESYSGOOD */
    STOP_FORK,
    STOP_VFORK,
    STOP_CLONE,
    STOP_VFORK_DONE,
    STOP_EXEC,
    STOP_EXITING,   /* PTRACE_EVENT_EXIT */
    STOP_OTHER,     /* an event that is unknown here; code: its number */
    STOP_CONTINUED, /* a child of ours that is not traced was continued */
};

struct stop {
    pid_t tid;
    enum stop_kind kind;
    int code;
    int status; /* as from waitpid(2) */
};

/* Decodes the result of waitid(2). */
struct stop stop_decode(const siginfo_t *info);

bool stop_is_end(const struct stop *stop); /* the thread is gone */

#endif
