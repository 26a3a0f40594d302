/*
 * New threads, new processes, new programs.
 *
 * A child of fork(2) has the parent's breakpoints in its own copy of the memory: unless it is
 * followed they are taken out before it runs, and it is let go. A child of vfork(2) runs in the
 * parent's memory: it passes the breakpoints there, unreported, until it executes a program or
 * ends.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/trap_removal.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/orphans.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/threads/tracee_migration.h"
#include "util/cleanup.h"
#include "util/log.h"

enum { KEEP_AGAIN_NS = 200000 };

static void *const KNOWN = (void *)1;

int engine_shares_memory(pid_t one, pid_t other)
{
    long r = syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0);
    return r < 0 ? -errno : r == 0;
}

/* The child lives on in a copy of the space that cannot be cleaned: it stays traced, passes the
   breakpoints, and is not reported. */
static int keep(struct engine *engine, const struct address_space *space, pid_t child)
{
    struct address_space *copy = NULL;
    int r = address_space_copy_unseen(space, &copy);
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

/* Lets go of a child that is not followed, without breakpoints. */
static void let_child_go(struct engine *engine, struct address_space *space, pid_t child)
{
    cleanup(cleanup_fd) int fd = remote_open_memory(space, child);
    int r = traps_remove(space, fd, child);
    if (r == 0) {
        engine_ptrace(engine, PTRACE_DETACH, child, NULL, 0);
        return;
    }
    /* Where memory is out it will be there again: the child waits meanwhile. */
    int kept;
    while ((kept = keep(engine, space, child)) == -ENOMEM && !engine_is_dead(child))
        nanosleep(&(struct timespec){.tv_nsec = KEEP_AGAIN_NS}, NULL);
    if (kept == 0)
        log_warning("the breakpoints in the memory of child %d cannot be taken out (%s): it stays "
                    "traced until it executes another program",
                    child, strerror(-r));
}

static void follow(struct engine *engine, struct tracee *parent, pid_t child, bool shared)
{
    struct address_space *space = parent->process->space;
    int r = 0;
    if (shared)
        space->users++;
    else
        r = address_space_copy(space, child, parent->changes_seen, &space);
    struct process *process = r == 0 ? process_new(engine, child, space) : NULL;
    struct tracee *tracee = process ? tracee_new(process, child) : NULL;
    if (!tracee) {
        log_warning("cannot follow child %d: %s", child, strerror(r < 0 ? -r : ENOMEM));
        let_child_go(engine, parent->process->space, child);
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
    /* It is stopped where it can be made to do a system call, but that stop may have been reaped:
       nothing may wait for it. */
    if (!shared)
        space->helper = child;
    process_announce(process, shared ? PROCESS_SHARING : PROCESS_FORKED, parent->process);
    if (!shared)
        space->helper = 0;
}

void engine_child(struct engine *engine, struct tracee *parent, pid_t child, bool shared)
{
    if (shared ||
        (engine->options.follow_forks && !parent->process->silent && !parent->process->leaving))
        follow(engine, parent, child, shared);
    else
        let_child_go(engine, parent->process->space, child);
}

void engine_birth(struct engine *engine, struct tracee *parent, const struct stop *stop)
{
    unsigned long message = 0;
    struct stop first;
    if (engine_ptrace(engine, PTRACE_GETEVENTMSG, parent->tid, NULL, (uintptr_t)&message) < 0)
        return;
    pid_t child = (pid_t)message;
    cpu_pinning_birth(parent, child);
    bool was_held = table_remove(&engine->newborn, (uint64_t)child) != NULL;
    if (stop->kind == STOP_VFORK)
        parent->vforking = true;
    if (tracee_find(engine, child))
        return; /* it was met before this event, or while attaching */
    if (!was_held && engine_wait_for(engine, child, &first) < 0)
        return;
    if (!was_held && stop_is_end(&first)) {
        engine_reap(child);
        return;
    }
    if (tracee_is_in_group(child, parent->process->pid)) {
        struct tracee *thread = tracee_new(parent->process, child);
        /* A new thread has the mask of the one that made it, once its start is over. */
        if (thread) {
            thread->trap_block = parent->trap_block;
            thread->trap_mask = parent->trap_mask;
        } else
            log_debug("out of memory: thread %d waits", child); /* see engine_stranger() */
    } else {
        int compared = engine_shares_memory(parent->tid, child);
        bool shared = compared < 0 ? stop->kind == STOP_VFORK : compared > 0;
        engine_child(engine, parent, child, shared);
    }
    /* One that was reaped while its parentage was unknown is not seen by the loop again. */
    struct tracee *tracee = tracee_find(engine, child);
    if (was_held && tracee)
        tracee_resume(tracee, 0);
}

void engine_stranger(struct engine *engine, const struct stop *stop)
{
    struct process *process = NULL;
    if (stop_is_end(stop) || stop->kind == STOP_CONTINUED) {
        table_remove(&engine->newborn, (uint64_t)stop->tid);
        engine_reap(stop->tid);
        if (stop_is_end(stop))
            namespace_init_ended(engine, stop->tid, stop->status);
        return;
    }
    process = process_find(engine, tracee_thread_group(stop->tid));
    struct tracee *tracee = process ? tracee_new(process, stop->tid) : NULL;
    if (tracee) {
        sigtrap_look_thread(tracee); /* its parent is not known yet */
        cpu_pinning_stranger(engine, process, stop->tid);
        engine_dispatch(engine, stop);
        return;
    }
    /* A child whose parent's event is still to come: hold it, and take the stop out of the loop's
       sight. Where that cannot be noted, or where it is a thread that memory is lacking for, it is
       seen again. */
    if (!process && table_put(&engine->newborn, (uint64_t)stop->tid, KNOWN) == 0)
        engine_reap(stop->tid);
    else
        nanosleep(&(struct timespec){.tv_nsec = KEEP_AGAIN_NS}, NULL);
}

/* execve(2) by any thread leaves one, under the leader's ID (ptrace(2), "execve(2) under ptrace").
 */
static void forget_other_threads(struct engine *engine, struct process *process)
{
    for (struct tracee *tracee = process->threads, *next; tracee; tracee = next) {
        next = tracee->next;
        if (tracee->tid != process->pid)
            tracee_free(engine, tracee);
    }
}

void engine_exec(struct engine *engine, const struct stop *stop)
{
    struct tracee *tracee = tracee_find(engine, stop->tid);
    struct process *process = tracee->process;
    struct address_space *space = NULL;
    unsigned long former = 0;
    if (engine_ptrace(engine, PTRACE_GETEVENTMSG, stop->tid, NULL, (uintptr_t)&former) == 0)
        cpu_pinning_exec(engine, (pid_t)former, stop->tid);
    forget_other_threads(engine, process);
    if (orphans_possible(process, false))
        orphans_take(engine, tracee);
    if (process->silent) {
        engine_ptrace(engine, PTRACE_DETACH, stop->tid, NULL, 0);
        tracee_free(engine, tracee);
        return;
    }
    int r = tracee_settle(engine, stop->tid);
    if (r == 0)
        r = address_space_new(engine, stop->tid, &space);
    if (r == -ESRCH)
        return; /* killed: the loop will see its end */
    if (r < 0) {
        log_warning("cannot trace the program that process %d has become: %s", process->pid,
                    strerror(-r));
        engine_ptrace(engine, PTRACE_DETACH, stop->tid, NULL, 0);
        tracee_free(engine, tracee);
        return;
    }
    tracee_forget_program(tracee);
    tracee_migrate_executed(engine, tracee, space);
    struct address_space *left = process->space;
    process_set_space(process, space);
    space->announced++;
    process->stays = process->leader_lost = process->was_threaded = false;
    space->helper = stop->tid;
    sigtrap_look_process(process);
    if (engine->sink.executed)
        engine->sink.executed(engine->sink.data, process);
    space->helper = 0;
    process_leave(process, left);
    /* It is left in its stop, which the loop will see. */
}
