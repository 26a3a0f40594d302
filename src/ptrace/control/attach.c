/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "ptrace/breakpoints/helper_thread.h"
#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/control/child.h"
#include "ptrace/control/detach.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/seize.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/descriptors.h"
#include "util/error.h"

/* Explains why the kernel refused, and what would help. */
static int explain_refusal(pid_t pid, int code, struct error *err)
{
    struct proc_status status, tracer;
    int scope = seize_scope();
    if (!descriptors_out(code) && proc_status_read(pid, &status) < 0)
        return error_set(err, -ESRCH, "no process %d", pid);
    if (descriptors_out(code))
        return error_set(err, code, "cannot attach to process %d: %s", pid, strerror(-code));
    if (status.state == 'Z' || status.state == 'X')
        return error_set(err, -ESRCH, "process %d (%s) has ended: it is a zombie", pid,
                         status.name);
    /* Once the memory of a process is gone, its files in /proc belong to root. */
    if (code == -ESRCH || (code == -EACCES && proc_has_program(pid) == 0))
        return error_set(err, -ESRCH, "process %d (%s) has just ended", pid, status.name);
    /* CAP_SYS_PTRACE permits the attach, but /proc/PID/mem belongs to another user. */
    if (status.tracer == getpid() && code == -EACCES)
        return error_set(err, code,
                         "cannot attach to process %d (%s): no permission to open its memory; try "
                         "sudo, or give the tracer the capability cap_dac_override, too",
                         pid, status.name);
    /* It is our tracee and its memory is gone: it has just ended. */
    if (status.tracer == getpid())
        return error_set(err, -ESRCH, "process %d (%s) has just ended", pid, status.name);
    if (status.tracer && proc_status_read(status.tracer, &tracer) == 0)
        return error_set(err, -EBUSY, "process %d (%s) is already traced by %s (process %d)", pid,
                         status.name, tracer.name, status.tracer);
    if (status.tracer)
        return error_set(err, -EBUSY, "process %d (%s) is already traced", pid, status.name);
    if (!status.has_memory)
        return error_set(err, code, "cannot attach to process %d (%s): it is a kernel thread", pid,
                         status.name);
    if (scope >= 3)
        return error_set(err, code,
                         "cannot attach to process %d (%s): kernel.yama.ptrace_scope is 3, nobody "
                         "may attach until the next boot",
                         pid, status.name);
    if (geteuid() != 0 && status.uid != getuid())
        return error_set(err, code,
                         "cannot attach to process %d (%s): it belongs to another user; try sudo",
                         pid, status.name);
    if (geteuid() != 0 && scope > 0)
        return error_set(err, code,
                         "cannot attach to process %d (%s): kernel.yama.ptrace_scope is %d; try "
                         "sudo, or `sysctl kernel.yama.ptrace_scope=0`, or start the program with "
                         "ptrace_tracer",
                         pid, status.name, scope);
    if (geteuid() != 0)
        return error_set(err, code,
                         "cannot attach to process %d (%s): it runs with other privileges, or "
                         "forbids it; try sudo",
                         pid, status.name);
    return error_set(err, code, "cannot attach to process %d (%s): %s", pid, status.name,
                     strerror(-code));
}

/* PTRACE_SEIZE that resolves EPERM. 0: the thread is our tracee; -ESRCH: it has ended. */
static int seize_request(struct engine *engine, pid_t tid)
{
    struct proc_status status;
    int r = engine_seize(engine, tid);
    if (r != -EPERM)
        return r;
    r = proc_status_read(tid, &status);
    if (r < 0 || status.state == 'Z' || status.state == 'X')
        return r < 0 ? r : -ESRCH;
    /* A new thread of a tracee's process is traced from its start: hence EPERM. */
    if (status.tracer == getpid())
        return 0;
    /* A thread that executes a program takes over the ID of the leader, which has ended. EPERM may
       have been meant for the old leader. */
    return engine_seize(engine, tid);
}

/* Detaches from a running thread that was seized and is in no table. Its memory has no breakpoints
   yet. */
static void detach_unknown(struct engine *engine, pid_t tid)
{
    struct stop stop;
    int r = engine_ptrace(engine, PTRACE_INTERRUPT, tid, NULL, 0);
    if (r == 0)
        r = wait_for_stop(engine, tid, &stop);
    if (r == 0 && !stop_is_end(&stop))
        engine_ptrace(engine, PTRACE_DETACH, tid, NULL,
                      stop.kind == STOP_SIGNAL ? (uintptr_t)stop.code : 0);
}

/* Seizes one thread. 1: it is our tracee now, or was before; 0: it is gone. */
static int seize_thread(struct engine *engine, struct process *process, pid_t tid)
{
    int r = seize_request(engine, tid);
    if (r == -ESRCH)
        return 0;
    if (r < 0)
        return r;
    /* While the request waited for an execve(2), the thread may have become its process's
       leader. */
    struct stop stop;
    if (wait_peek(tid, &stop) == -ESRCH)
        return 0;
    struct tracee *tracee = tracee_find(engine, tid);
    if (!tracee)
        tracee = tracee_new(process, tid);
    if (!tracee) {
        detach_unknown(engine, tid);
        return -ENOMEM;
    }
    sigtrap_look_thread(tracee);
    return 1;
}

static bool is_stop_asked(const struct engine *engine)
{
    return atomic_load_explicit(&engine->stop_asked, memory_order_relaxed);
}

/* Seizes the threads that are not in the table. Returns the number of new ones, or a negative
   errno. *gone: how many were listed but have ended, such as a main thread that ended before the
   others. */
static int seize_new(struct engine *engine, struct process *process, unsigned *gone)
{
    char path[64];
    int found = 0;
    *gone = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", process->pid);
    cleanup(cleanup_dir) DIR *dir = descriptors_directory(path);
    if (!dir)
        return errno == ENOENT ? -ESRCH : -errno;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0 || tracee_find(engine, tid))
            continue;
        int r = is_stop_asked(engine) ? -EINTR : seize_thread(engine, process, tid);
        if (r < 0)
            return r;
        found += r;
        *gone += r == 0;
    }
    return found;
}

/*
 * Threads start and end meanwhile. A directory that changes while it is read may hide an entry. So
 * a pass that finds no new thread counts only if the process has no more threads than are known.
 * That number is exact: a tracee that has ended stays until it is reaped.
 */
static int seize_all(struct engine *engine, struct process *process)
{
    struct proc_status status;
    unsigned gone;
    int quiet = 0;
    while (quiet < 2) {
        int found = seize_new(engine, process, &gone);
        if (found < 0)
            return found;
        int r = proc_status_read(process->pid, &status);
        if (r < 0)
            return r;
        quiet = found == 0 && status.threads <= process->n_threads + gone ? quiet + 1 : 0;
    }
    return 0;
}

/* Attaches to a process that shares the address space of `process`. Its calls are not reported. 1:
   attached; 0: it is gone. */
static int attach_sharer(struct engine *engine, struct process *process, pid_t pid)
{
    struct process *sharer = process_new(engine, pid, process->space);
    if (!sharer)
        return -ENOMEM;
    process->space->users++;
    process_set_silent(sharer, true);
    int r = seize_all(engine, sharer);
    if (sharer->n_threads == 0)
        process_free(sharer);
    else if (r == 0)
        return 1;
    return r == -ESRCH ? 0 : r;
}

/*
 * Attaches to the processes that share the memory: those made by clone(2) with CLONE_VM or by an
 * active vfork(2). An untraced one would die at a breakpoint. New ones are traced from their start,
 * and so are their children, once a pass finds no new one. On failure, *who is the process that
 * could not be attached to.
 */
static int attach_sharers(struct engine *engine, struct process *process, pid_t *who)
{
    pid_t self = process_task(process);
    int found;
    do {
        struct dirent *entry;
        cleanup(cleanup_dir) DIR *dir = descriptors_directory("/proc");
        found = 0;
        if (!dir)
            return -errno;
        while ((entry = readdir(dir))) {
            *who = (pid_t)strtol(entry->d_name, NULL, 10);
            if (*who <= 0 || process_find(engine, *who) || child_shares_memory(self, *who) != 1 ||
                proc_has_program(*who) != 1)
                continue;
            int r = is_stop_asked(engine) ? -EINTR : attach_sharer(engine, process, *who);
            if (r < 0)
                return r;
            found += r;
        }
    } while (found > 0);
    return 0;
}

/* Attaches to the process and opens its memory. On failure, *who is the process that caused it. */
static int attach_new(struct engine *engine, struct process *process, pid_t *who)
{
    struct address_space *space;
    int r = seize_all(engine, process);
    if (r == 0 && process->n_threads == 0)
        r = -ESRCH;
    /* Open the memory only after ptrace(2) succeeded: its errors are the ones to explain. */
    if (r == 0)
        r = address_space_new(engine, process_task(process), &space);
    if (r < 0)
        return r;
    process_set_space(process, space);
    return attach_sharers(engine, process, who);
}

/* A process in that address space whose calls are reported. NULL: none. */
static struct process *announced_in(const struct address_space *space)
{
    struct process *process = space->announced ? space->processes : NULL;
    while (process && !process->announced)
        process = process->next_in_space;
    return process;
}

/* Stops a thread of the process so that it can run a remote system call. Handles all stops that
   come before; meanwhile the process may execute another program or end. The thread's ID, or
   -ESRCH. */
static pid_t stop_one(struct engine *engine, pid_t pid)
{
    struct process *process;
    struct tracee *tracee;
    struct stop stop;
    while ((process = process_find(engine, pid)) &&
           (tracee = helper_thread_interrupt(engine, process->space))) {
        pid_t tid = tracee->tid;
        if (wait_for_stop(engine, tid, &stop) < 0)
            continue; /* it has ended, or took over the leader's ID in an execve(2) */
        if (wait_is_settled(&stop))
            return tid;
        engine->handle_stop(engine, &stop); /* the interrupt stays pending */
    }
    return -ESRCH;
}

static int attach_process(struct engine *engine, pid_t pid, struct error *err)
{
    struct proc_status status;
    pid_t who = pid;
    int r = proc_status_read(pid, &status);
    if (r == -ESRCH)
        return error_set(err, r, "no process %d", pid);
    if (r < 0)
        return explain_refusal(pid, r, err);
    if (status.group != pid)
        return error_set(err, -EINVAL, "%d is a thread of process %d: attach to the process", pid,
                         status.group);
    if (pid == getpid())
        return error_set(err, -EINVAL, "process %d is this tracer itself", pid);
    struct process *process = process_find(engine, pid);
    if (process && !process->silent)
        return error_set(err, -EEXIST, "already attached to process %d", pid);
    if (process) {
        process_set_silent(
            process, false); /* it was traced only because another process shares its memory */
    } else {
        process = process_new(engine, pid, NULL);
        if (!process)
            return error_set(err, -ENOMEM, "out of memory");
        r = attach_new(engine, process, &who);
    }
    if (r < 0) {
        if (r == -EINTR)
            error_set(err, r, "interrupted while attaching to process %d", pid);
        else
            explain_refusal(who, r, err);
        if (r == -EINTR && engine->options.let_go_ms)
            detach_unplanted(engine, process);
        else
            detach_process(engine, process);
        return err ? err->code : r;
    }
    pid_t helper = stop_one(engine, pid);
    process = process_find(engine, pid);
    if (helper < 0 || !process)
        return error_set(err, -ESRCH, "process %d has just ended", pid);
    process->space->helper = helper;
    sigtrap_look_process(process);
    struct process *other = announced_in(process->space);
    process_announce(process, other ? PROCESS_SHARING : PROCESS_ATTACHED, other);
    process->space->helper = 0;
    return 0;
}

int engine_attach(struct engine *engine, pid_t pid, struct error *err)
{
    uint64_t start_ns = clock_now_ns();
    int r = attach_process(engine, pid, err);
    engine->stats.attach_ns += clock_now_ns() - start_ns;
    return r;
}
