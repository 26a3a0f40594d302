#include "ptrace/core/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "ptrace/control/job_control.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/os/proc_status.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

enum { NAME_LIVES_NS = 50 * 1000 * 1000 };

struct tracee *tracee_find(const struct engine *engine, pid_t tid)
{
    return table_get(&engine->tracees, (uint64_t)tid);
}

struct process *process_find(const struct engine *engine, pid_t pid)
{
    return table_get(&engine->processes, (uint64_t)pid);
}

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
    tracee->stat_fd = -1;
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
    cpu_pinning_forget(tracee);
    callstack_free(&tracee->frames);
    if (tracee->stat_fd >= 0)
        close(tracee->stat_fd);
    pid_t tid = tracee->tid;
    /* execve(2) keeps the signal mask. */
    *tracee = (struct tracee){.tid = tid,
                              .process = tracee->process,
                              .previous = tracee->previous,
                              .next = tracee->next,
                              .owner = tracee->owner,
                              .stat_fd = -1,
                              .trap_block = tracee->trap_block,
                              .trap_mask = tracee->trap_mask};
}

void tracee_free(struct engine *engine, struct tracee *tracee)
{
    struct process *process = tracee->process;
    job_control_notice_end(engine, process);
    thread_walk_forget_tracee(tracee);
    if (tracee->next)
        tracee->next->previous = tracee->previous;
    *(tracee->previous ? &tracee->previous->next : &process->threads) = tracee->next;
    table_remove(&engine->tracees, (uint64_t)tracee->tid);
    tracee_forget_program(tracee);
    tracee_set_owner(tracee, NULL);
    free(tracee);
    if (--process->n_threads == 0)
        process_free(process);
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
    /* Nobody is left for whose sake breakpoints stand in the memory of the silent ones. */
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

void process_leave(struct process *process, struct address_space *space)
{
    if (space && process->announced && --space->announced == 0)
        address_space_drop_watches(space, true, NULL);
    address_space_put(space);
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

static void leave(struct process *process)
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
        job_control_forget(engine, process);
    engine->n_leaving -= process->leaving;
    /* Where another thread was let go before, the end may have come to its tracees already. */
    if (process->awaited && process->exit_status == -1) {
        leave(process);
        namespace_init_await(process);
        return;
    }
    if (process->announced && engine->sink.ended)
        engine->sink.ended(engine->sink.data, process, process->exit_status);
    leave(process);
    free(process);
}

void tracee_resume(struct tracee *tracee, int signal)
{
    tracee->listening = false;
    if (tracee->process->space)
        tracee->changes_seen = tracee->process->space->changes;
    /* ESRCH: it was killed in the meantime; the wait will tell. */
    engine_ptrace(tracee->process->engine, PTRACE_CONT, tracee->tid, NULL, (uintptr_t)signal);
}

void tracee_refresh_name(struct tracee *tracee, uint64_t now_ns)
{
    if (tracee->name_read_ns && now_ns - tracee->name_read_ns < NAME_LIVES_NS)
        return;
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", tracee->process->pid, tracee->tid);
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, tracee->name, sizeof(tracee->name) - 1);
    if (n > 0)
        tracee->name[tracee->name[n - 1] == '\n' ? n - 1 : n] = '\0';
    tracee->name_read_ns = now_ns;
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

pid_t process_task(const struct process *process)
{
    const struct tracee *tracee;
    if (!engine_is_dead(process->pid))
        return process->pid;
    for (tracee = process->threads; tracee; tracee = tracee->next)
        if (!engine_is_dead(tracee->tid))
            return tracee->tid;
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

int process_read(struct process *process, target_addr at, void *buffer, size_t n)
{
    return address_space_read(process->space, at, buffer, n);
}
