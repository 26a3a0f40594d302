/* SPDX-License-Identifier: MIT */
#include "ptrace/control/tracee_end.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "ptrace/breakpoints/site_table.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/program_stop.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/cpu_pinning.h"
#include "util/table.h"

void process_leave(struct process *process, struct address_space *space)
{
    if (space && process->announced && --space->announced == 0)
        site_table_drop_watches(space, true, NULL);
    address_space_put(space);
}

static void leave_and_put_space(struct process *process)
{
    struct address_space *space = process->space;
    process_set_space(process, NULL);
    process_leave(process, space);
}

void process_free(struct process *process)
{
    struct engine *engine = process->engine;
    table_remove(&engine->processes, (uint64_t)process->pid);
    if (engine->launched == process->pid)
        program_stop_forget(engine, process);
    engine->n_leaving -= process->leaving;
    /* If another thread was detached before, the tracees may already have ended. */
    if (process->dying && process->exit_status == -1) {
        leave_and_put_space(process);
        namespace_init_expect_end(process);
        return;
    }
    if (process->announced && engine->sink.ended)
        engine->sink.ended(engine->sink.data, process, process->exit_status);
    leave_and_put_space(process);
    free(process);
}

void tracee_free(struct engine *engine, struct tracee *tracee)
{
    struct process *process = tracee->process;
    jumps_thread_ends(tracee);
    program_stop_notice_end(engine, process);
    thread_walk_forget_tracee(tracee);
    if (tracee->next)
        tracee->next->previous = tracee->previous;
    *(tracee->previous ? &tracee->previous->next : &process->threads) = tracee->next;
    table_remove(&engine->tracees, (uint64_t)tracee->tid);
    cpu_pinning_forget(tracee);
    tracee_forget_program(tracee);
    tracee_set_owner(tracee, NULL);
    free(tracee);
    if (--process->n_threads == 0)
        process_free(process);
}

void tracee_end_report(struct engine *engine)
{
    struct tracee *tracee;
    if (!atomic_exchange(&engine->ends_pending, false))
        return;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        const struct stop end = tracee->end;
        if (tracee->reaped)
            engine->handle_stop(engine, &end);
    }
}
