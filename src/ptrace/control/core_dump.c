/* SPDX-License-Identifier: MIT */
#include "ptrace/control/core_dump.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "ptrace/breakpoints/site_table.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/quiesce.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/drain.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/log.h"

enum {
    AWAIT_TRIES = 1000, /* 200 ms: the process may be frozen */
    LEAVE_TRIES = 1000,
};

/* signal(7): the signals whose default action is "Core". */
static bool has_core_action(int signal)
{
    switch (signal) {
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGSYS:
        return true;
    default:
        return false;
    }
}

bool core_dump_follows(struct tracee *tracee, int signal)
{
    const struct address_space *space = tracee->process->space;
    uint64_t bit = UINT64_C(1) << (signal - 1), handled, ignored;
    if (!has_core_action(signal) || !space || space->unclean || !space->processes ||
        space->processes->next_in_space)
        return false;
    return proc_status_set(tracee->tid, "SigCgt", &handled) == 0 &&
           proc_status_set(tracee->tid, "SigIgn", &ignored) == 0 &&
           ((handled | ignored) & bit) == 0 && !namespace_init_is(tracee);
}

static void leave_code(struct engine *engine, struct tracee *tracee)
{
    struct stop stop;
    int signal, r = -EAGAIN;
    for (int i = 0; i < LEAVE_TRIES && r == -EAGAIN; i++) {
        if (!wait_is_stopped(tracee->tid, &stop)) {
            wait_a_little();
            continue;
        }
        if (!quiesce_is_settled(&stop) || stop_is_end(&stop))
            return;
        r = quiesce_leave_code(engine, tracee, &stop, &signal);
    }
}

void core_dump_prepare(struct engine *engine, struct tracee *tracee)
{
    struct address_space *space = tracee->process->space;
    const struct quiesce_group group = {engine, space, tracee->process->pid};
    struct tracee *other;
    struct thread_walk walk;
    quiesce(&group);
    if (space->jumps)
        drain_space_whole(space);
    if (site_table_lift_all(space, tracee->tid) < 0)
        log_warning("cannot remove the breakpoints from process %d: they are in its core file",
                    tracee->process->pid);
    quiesce_walk(&walk, &group);
    while ((other = thread_walk_next(&walk)))
        if (other != tracee)
            leave_code(engine, other);
    thread_walk_end(&walk);
}

void core_dump_await(struct tracee *tracee)
{
    struct stop stop;
    for (int i = 0; i < AWAIT_TRIES; i++) {
        /* proc(5): CoreDumping; the kernel has killed the other threads by then. */
        if (wait_is_stopped(tracee->tid, &stop) || wait_is_dead(tracee->tid) ||
            proc_status_number(tracee->tid, "CoreDumping") != 0)
            return;
        wait_a_little();
    }
}
