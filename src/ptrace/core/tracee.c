/* SPDX-License-Identifier: MIT */
#include "ptrace/core/tracee.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "ptrace/core/address_space.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/proc_status.h"
#include "util/cleanup.h"
#include "util/table.h"

enum { NAME_LIVES_NS = 50 * 1000 * 1000 };

struct tracee *tracee_new(struct process *process, pid_t tid)
{
    struct tracee *tracee = calloc(1, sizeof(*tracee));
    if (!tracee || table_put(&process->engine->tracees, (uint64_t)tid, tracee) < 0) {
        free(tracee);
        return NULL;
    }
    tracee->tid = tid;
    tracee->process = process;
    tracee_set_owner(tracee, process->engine->acting);
    tracee->stat_fd = tracee->schedstat_fd = -1;
    tracee->next = process->threads;
    if (tracee->next)
        tracee->next->previous = tracee;
    process->threads = tracee;
    if (++process->n_threads > 1)
        process->was_threaded = true;
    return tracee;
}

void tracee_set_owner(struct tracee *tracee, struct tracer_thread *owner)
{
    if (tracee->owner)
        tracee->owner->n_tracees--;
    tracee->owner = owner;
    tracee->hits_here = 0;
    if (owner)
        owner->n_tracees++;
}

void tracee_forget_program(struct tracee *tracee)
{
    callstack_free(&tracee->frames);
    cleanup_fd(&tracee->stat_fd);
    cleanup_fd(&tracee->schedstat_fd);
    pid_t tid = tracee->tid;
    /* execve(2) keeps the signal mask. */
    *tracee = (struct tracee){.tid = tid,
                              .process = tracee->process,
                              .previous = tracee->previous,
                              .next = tracee->next,
                              .owner = tracee->owner,
                              .stat_fd = -1,
                              .schedstat_fd = -1,
                              .trap_block = tracee->trap_block,
                              .trap_mask = tracee->trap_mask};
}

static void enter_space(struct process *process, struct address_space *space)
{
    process->space = space;
    process->previous_in_space = process->next_in_space = NULL;
    if (!space)
        return;
    process->next_in_space = space->processes;
    if (space->processes)
        space->processes->previous_in_space = process;
    space->processes = process;
    space->n_reported += !process->silent;
}

static void leave_space(struct process *process)
{
    struct address_space *space = process->space;
    if (!space)
        return;
    thread_walk_forget_process(process);
    if (process->next_in_space)
        process->next_in_space->previous_in_space = process->previous_in_space;
    *(process->previous_in_space ? &process->previous_in_space->next_in_space : &space->processes) =
        process->next_in_space;
    space->n_reported -= !process->silent;
    /* No process whose calls are reported is left in this memory: detach from the silent ones. */
    if (space->processes && space->n_reported == 0 && !process->leaving)
        process->engine->space_untidy = true;
    process->space = NULL;
}

struct process *process_new(struct engine *engine, pid_t pid, struct address_space *space)
{
    struct process *process = calloc(1, sizeof(*process));
    if (!process || table_put(&engine->processes, (uint64_t)pid, process) < 0) {
        free(process);
        return NULL;
    }
    process->engine = engine;
    process->pid = pid;
    enter_space(process, space);
    return process;
}

void process_announce(struct process *process, enum process_origin origin, struct process *other)
{
    struct engine *engine = process->engine;
    process->announced = true;
    process->space->announced++;
    if (engine->sink.started)
        engine->sink.started(engine->sink.data, process, origin, other);
}

void process_set_space(struct process *process, struct address_space *space)
{
    leave_space(process);
    enter_space(process, space);
}

void process_set_silent(struct process *process, bool silent)
{
    if (process->space && process->silent != silent)
        process->space->n_reported += silent ? -1 : 1;
    process->silent = silent;
}

void tracee_resume(struct tracee *tracee, int signal)
{
    tracee->listening = false;
    if (tracee->process->space)
        tracee->changes_seen = tracee->process->space->changes;
    /* ESRCH: it was killed in the meantime. The wait reports that. */
    engine_ptrace(tracee->process->engine, PTRACE_CONT, tracee->tid, NULL, (uintptr_t)signal);
}

uint64_t tracee_return_register(const struct tracee *tracee, const arch_regs *regs)
{
    return arch_return_register(regs) &
           address_space_code_bits(tracee->process->space, tracee->tid);
}

void tracee_refresh_name(struct tracee *tracee, uint64_t now_ns)
{
    if (tracee->name_read_ns && now_ns - tracee->name_read_ns < NAME_LIVES_NS)
        return;
    proc_read_name(tracee->process->pid, tracee->tid, tracee->name, sizeof(tracee->name));
    tracee->name_read_ns = now_ns;
}

uint64_t tracee_call_time(const struct tracee *tracee, const struct frame *frame, uint64_t now_ns)
{
    /* Of a call older than hits that were dropped it may be another one's end. */
    if (frame->epoch < tracee->records_gap)
        return 0;
    /* One of the two may have been timed by the processor's counter. */
    return now_ns > frame->time_ns ? now_ns - frame->time_ns : 1;
}

pid_t tracee_thread_group(pid_t tid)
{
    long group = proc_status_number(tid, "Tgid");
    return group < 0 ? 0 : (pid_t)group;
}

bool tracee_is_in_group(pid_t tid, pid_t group)
{
    return tgkill(group, tid, 0) == 0 || errno == EPERM;
}

pid_t process_pid(const struct process *process)
{
    return process->pid;
}

void process_set_data(struct process *process, void *data)
{
    process->data = data;
}

void *process_data(const struct process *process)
{
    return process->data;
}

pid_t process_task(const struct process *process)
{
    const struct tracee *tracee;
    if (!wait_is_dead(process->pid))
        return process->pid;
    for (tracee = process->threads; tracee; tracee = tracee->next)
        if (!wait_is_dead(tracee->tid))
            return tracee->tid;
    return process->pid;
}

int tracee_take_deferred_trap(struct tracee *tracee)
{
    if (tracee->deferred_trap.si_signo == 0 || tracee->in_sigaction)
        return 0;
    siginfo_t info = tracee->deferred_trap;
    tracee->deferred_trap.si_signo = 0;
    int r = engine_ptrace(tracee->process->engine, PTRACE_SETSIGINFO, tracee->tid, NULL,
                          (uintptr_t)&info);
    return r < 0 ? 0 : info.si_signo;
}

bool tracee_is_retry(struct tracee *tracee, target_addr at, uint64_t sp)
{
    if (!tracee->retry_at.value)
        return false;
    bool here = target_addr_equal(tracee->retry_at, at) && tracee->retry_sp == sp;
    bool left = sp > tracee->retry_sp && sp >= tracee->stack.low && sp < tracee->stack.high;
    if (here || left)
        tracee->retry_at = target_addr_of(0);
    return here;
}
