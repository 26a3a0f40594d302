/* SPDX-License-Identifier: MIT */
#include "ptrace/control/child.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ptrace/breakpoints/fork_copy.h"
#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/trap_removal.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "util/cleanup.h"
#include "util/log.h"

int child_shares_memory(pid_t one, pid_t other)
{
    long r = syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0);
    return r < 0 ? -errno : r == 0;
}

/* The breakpoints in the child's copy of the memory cannot be removed: it stays traced, passes
   them, and is not reported. */
static int keep_unclean(struct engine *engine, const struct address_space *space, pid_t child)
{
    struct address_space *copy = NULL;
    int r = fork_copy_unseen(space, &copy);
    struct process *process = r == 0 ? process_new(engine, child, copy) : NULL;
    if (process && tracee_new(process, child)) {
        process_set_silent(process, true);
        return 0;
    }
    if (process)
        process_free(process);
    else
        address_space_put(copy);
    return r < 0 ? r : -ENOMEM;
}

/* Removes the breakpoints from a child that is not followed, and detaches from it. */
static void detach_child(struct engine *engine, struct address_space *space, pid_t child)
{
    cleanup(cleanup_fd) int fd = remote_open_memory(space, child);
    int r = traps_remove(space, fd, child);
    if (r == 0) {
        engine_ptrace(engine, PTRACE_DETACH, child, NULL, 0);
        return;
    }
    /* Out of memory: the child waits until there is some again. */
    int kept;
    while ((kept = keep_unclean(engine, space, child)) == -ENOMEM && !wait_is_dead(child))
        wait_a_little();
    if (kept == 0)
        log_warning(
            "cannot remove the breakpoints from the memory of child %d (%s): it stays traced "
            "until it executes another program",
            child, strerror(-r));
}

static void follow_child(struct engine *engine, struct tracee *parent, pid_t child, bool shared)
{
    struct address_space *space = parent->process->space;
    int r = 0;
    if (shared)
        space->users++;
    else
        r = fork_copy(space, child, parent->changes_seen, &space);
    struct process *process = r == 0 ? process_new(engine, child, space) : NULL;
    struct tracee *tracee = process ? tracee_new(process, child) : NULL;
    if (!tracee) {
        log_warning("cannot follow child %d: %s", child, strerror(r < 0 ? -r : ENOMEM));
        detach_child(engine, parent->process->space, child);
        if (process)
            process_free(process);
        else if (r == 0)
            address_space_put(space);
        return;
    }
    tracee->trap_block = parent->trap_block;
    tracee->trap_mask = parent->trap_mask;
    process->trap = parent->process->trap;
    process->leaving = parent->process->leaving;
    engine->n_leaving += process->leaving;
    process_set_silent(process, !engine->options.follow_forks || process->leaving);
    if (process->silent)
        return;
    /* The child is in a stop in which it can run a remote system call. That stop may have been
       reaped, so nothing may wait for it. */
    if (!shared)
        space->helper = child;
    process_announce(process, shared ? PROCESS_SHARING : PROCESS_FORKED, parent->process);
    if (!shared)
        space->helper = 0;
}

void child_take(struct engine *engine, struct tracee *parent, pid_t child, bool shared)
{
    if (shared ||
        (engine->options.follow_forks && !parent->process->silent && !parent->process->leaving))
        follow_child(engine, parent, child, shared);
    else
        detach_child(engine, parent->process->space, child);
}
