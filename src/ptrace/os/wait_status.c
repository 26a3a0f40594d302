/* SPDX-License-Identifier: MIT */
#include "ptrace/os/wait_status.h"

#include <signal.h>
#include <sys/ptrace.h>

static enum stop_kind event_kind(int event, int signal)
{
    switch (event) {
    case PTRACE_EVENT_FORK:
        return STOP_FORK;
    case PTRACE_EVENT_VFORK:
        return STOP_VFORK;
    case PTRACE_EVENT_CLONE:
        return STOP_CLONE;
    case PTRACE_EVENT_VFORK_DONE:
        return STOP_VFORK_DONE;
    case PTRACE_EVENT_EXEC:
        return STOP_EXEC;
    case PTRACE_EVENT_EXIT:
        return STOP_EXITING;
    case PTRACE_EVENT_STOP:
        return signal == SIGTRAP ? STOP_INTERRUPTED : STOP_GROUP;
    default:
        return STOP_OTHER;
    }
}

struct stop stop_decode(const siginfo_t *info)
{
    struct stop stop = {.tid = info->si_pid, .code = info->si_status};
    switch (info->si_code) {
    case CLD_EXITED:
        stop.kind = STOP_EXITED;
        stop.status = (info->si_status & 0xff) << 8;
        return stop;
    case CLD_KILLED:
    case CLD_DUMPED:
        stop.kind = STOP_KILLED;
        stop.status = info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
        return stop;
    case CLD_CONTINUED:
        stop.kind = STOP_CONTINUED;
        stop.status = 0xffff;
        return stop;
    default:
        break;
    }
    /* CLD_TRAPPED and CLD_STOPPED: si_status is the signal, with 0x80 for system call stops and the
       event in the second byte (kernel/signal.c: ptrace_notify, wait_task_stopped). */
    int signal = info->si_status & 0xff, event = info->si_status >> 8;
    stop.status = (info->si_status << 8) | 0x7f;
    if (event) {
        stop.kind = event_kind(event, signal);
        stop.code = stop.kind == STOP_OTHER ? event : signal;
    } else if (signal == (SIGTRAP | 0x80)) {
        stop.kind = STOP_SYSCALL;
        stop.code = SIGTRAP;
    } else {
        stop.kind = STOP_SIGNAL;
        stop.code = signal;
    }
    return stop;
}

bool stop_is_end(const struct stop *stop)
{
    return stop->kind == STOP_EXITED || stop->kind == STOP_KILLED;
}
