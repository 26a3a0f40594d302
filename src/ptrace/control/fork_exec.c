/* SPDX-License-Identifier: MIT */
/*
 * Events of new threads, new processes and new programs. For what becomes of a child, see child.h.
 */
#include "ptrace/control/fork_exec.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/control/child.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/orphans.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/cpu_pinning.h"
#include "ptrace/threads/tracee_migration.h"
#include "util/log.h"
#include "util/table.h"

static void *const KNOWN = (void *)1;

void fork_exec_created(struct engine *engine, struct tracee *parent, const struct stop *stop)
{
    unsigned long message = 0;
    struct stop first;
    if (engine_ptrace(engine, PTRACE_GETEVENTMSG, parent->tid, NULL, (uintptr_t)&message) < 0)
        return;
    pid_t child = (pid_t)message;
    cpu_pinning_new_child(parent, child);
    bool was_held = table_remove(&engine->early_children, (uint64_t)child) != NULL;
    if (stop->kind == STOP_VFORK)
        parent->vforking = true;
    struct tracee *known = tracee_find(engine, child);
    if (known) { /* from its first stop or from attaching */
        jumps_thread_made(parent, known, stop->kind == STOP_VFORK);
        return;
    }
    if (!was_held && wait_for_stop(engine, child, &first) < 0)
        return;
    if (!was_held && stop_is_end(&first)) {
        wait_reap(child);
        return;
    }
    if (tracee_is_in_group(child, parent->process->pid)) {
        struct tracee *thread = tracee_new(parent->process, child);
        /* A new thread has its creator's signal mask once it has started. */
        if (thread) {
            thread->trap_block = parent->trap_block;
            thread->trap_mask = parent->trap_mask;
        } else
            log_debug("out of memory: thread %d waits", child); /* see fork_exec_unknown() */
    } else {
        int compared = child_shares_memory(parent->tid, child);
        bool shared = compared < 0 ? stop->kind == STOP_VFORK : compared > 0;
        child_take(engine, parent, child, shared);
    }
    struct tracee *tracee = tracee_find(engine, child);
    if (tracee) {
        jumps_thread_began(tracee);
        jumps_thread_made(parent, tracee, stop->kind == STOP_VFORK);
    }
    /* Its first stop was reaped when its parent was unknown: the loop does not see it again. */
    if (was_held && tracee)
        tracee_resume(tracee, 0);
}

void fork_exec_unknown(struct engine *engine, const struct stop *stop)
{
    struct process *process = NULL;
    if (stop_is_end(stop) || stop->kind == STOP_CONTINUED) {
        table_remove(&engine->early_children, (uint64_t)stop->tid);
        wait_reap(stop->tid);
        if (stop_is_end(stop))
            namespace_init_ended(engine, stop->tid, stop->status);
        return;
    }
    process = process_find(engine, tracee_thread_group(stop->tid));
    struct tracee *tracee = process ? tracee_new(process, stop->tid) : NULL;
    if (tracee) {
        sigtrap_look_thread(tracee); /* its parent is not known yet */
        cpu_pinning_new_thread(engine, process, stop->tid);
        jumps_thread_began(tracee);
        engine->handle_stop(engine, stop);
        return;
    }
    /* A new child whose parent's event is still to come: keep it stopped, and reap the stop, so
       that waitid(2) does not report it again. If memory is out, or if it is a thread without a
       struct tracee, the stop is left and reported again. */
    if (!process && table_put(&engine->early_children, (uint64_t)stop->tid, KNOWN) == 0)
        wait_reap(stop->tid);
    else
        wait_a_little();
}

/* After execve(2) by any thread one thread is left, with the leader's ID (ptrace(2), "execve(2)
   under ptrace"). */
static void forget_other_threads(struct engine *engine, struct process *process)
{
    for (struct tracee *tracee = process->threads, *next; tracee; tracee = next) {
        next = tracee->next;
        if (tracee->tid != process->pid)
            tracee_free(engine, tracee);
    }
}

void fork_exec_executed(struct engine *engine, const struct stop *stop)
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
    int r = wait_settle(engine, stop->tid);
    if (r == 0)
        r = address_space_new(engine, stop->tid, &space);
    if (r == -ESRCH)
        return; /* killed: the loop handles its end */
    if (r < 0) {
        log_warning("cannot trace the new program of process %d: %s", process->pid, strerror(-r));
        engine_ptrace(engine, PTRACE_DETACH, stop->tid, NULL, 0);
        tracee_free(engine, tracee);
        return;
    }
    cpu_pinning_forget(tracee);
    jumps_thread_ends(tracee);
    tracee_forget_program(tracee);
    tracee_migrate_executed(engine, tracee, space);
    struct address_space *left = process->space;
    process_set_space(process, space);
    space->announced++;
    process->never_migrates = process->leader_lost = process->was_threaded = false;
    space->helper = stop->tid;
    sigtrap_look_process(process);
    process->faults.known = false;
    if (engine->sink.executed)
        engine->sink.executed(engine->sink.data, process);
    space->helper = 0;
    process_leave(process, left);
    /* It is left stopped, and the loop handles that stop. */
}

void fork_exec_take(struct engine *engine, const struct stop *stop)
{
    struct tracee *tracee = tracee_find(engine, stop->tid);
    wait_reap(stop->tid);
    /* The thread that executes a program becomes the leader of its process. */
    struct tracer_thread *owner = tracee ? engine_tracer_of(engine, stop->tid) : NULL;
    if (owner)
        tracee_set_owner(tracee, owner);
}
