/* SPDX-License-Identifier: MIT */
#include "ptrace/control/orphans.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/control/child.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"
#include "util/table.h"

/* A child and its possible parent. */
struct orphan {
    struct engine *engine;
    struct tracee *parent;
    pid_t pid;
};

bool orphans_possible(const struct process *process, bool killed)
{
    return process->space && (killed || process->was_threaded);
}

/* Whether the memory holds a breakpoint of the address space. */
static bool has_traps(const struct address_space *space, int memory)
{
    const struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));)
        if (site->mapped && site_form_in(memory, site) > SITE_FORM_ORIGINAL)
            return true;
    return false;
}

/* Whether its parent may be a known process that has not ended. */
static bool has_other_parent(const struct orphan *orphan)
{
    long parent = proc_status_number(orphan->pid, "PPid");
    return parent > 0 && parent != orphan->parent->process->pid &&
           process_find(orphan->engine, (pid_t)parent);
}

/* Whether its memory is the parent's, or a copy of it, or has no breakpoints of any address
   space. */
static bool is_of_parent(const struct orphan *orphan)
{
    const struct address_space *space = orphan->parent->process->space;
    const struct process *process;
    if (has_other_parent(orphan))
        return false;
    cleanup(cleanup_fd) int memory = memory_open(orphan->pid);
    if (memory < 0 || has_traps(space, memory))
        return true;
    for (size_t at = 0; (process = table_next(&orphan->engine->processes, &at));)
        if (process->space && process->space != space && has_traps(process->space, memory))
            return false;
    return true;
}

/* Whether it shares its memory with other processes that remain there. */
static bool is_sharing(const struct orphan *orphan)
{
    const struct process *process;
    for (size_t at = 0; (process = table_next(&orphan->engine->processes, &at));)
        if (process != orphan->parent->process &&
            process->space == orphan->parent->process->space &&
            child_shares_memory(process->pid, orphan->pid) == 1)
            return true;
    return false;
}

/* Runs on the child's tracer thread. */
static void take_orphan(void *data)
{
    const struct orphan *orphan = data;
    struct engine *engine = orphan->engine;
    if (!is_of_parent(orphan))
        return;
    bool was_held = table_remove(&engine->early_children, (uint64_t)orphan->pid) != NULL;
    log_debug("child %d of process %d was found without an event of its parent", orphan->pid,
              orphan->parent->process->pid);
    /* It is not known what has changed in the memory since the child was created. */
    orphan->parent->changes_seen = CHANGES_UNKNOWN;
    child_take(engine, orphan->parent, orphan->pid, is_sharing(orphan));
    struct tracee *tracee = tracee_find(engine, orphan->pid);
    if (was_held && tracee)
        tracee_resume(tracee, 0);
}

/* Waits for the child's first stop. false: it has ended. */
static bool is_born(const struct orphan *orphan)
{
    struct stop stop;
    if (table_get(&orphan->engine->early_children, (uint64_t)orphan->pid))
        return true; /* its first stop was reaped */
    if (wait_for_stop(orphan->engine, orphan->pid, &stop) < 0)
        return false;
    if (stop_is_end(&stop))
        wait_reap(orphan->pid);
    return !stop_is_end(&stop);
}

void orphans_take(struct engine *engine, struct tracee *parent)
{
    cleanup(cleanup_dir) DIR *dir = descriptors_directory("/proc");
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct orphan orphan = {.engine = engine, .parent = parent, .pid = atoi(entry->d_name)};
        if (orphan.pid <= 0 || process_find(engine, orphan.pid) ||
            proc_status_number(orphan.pid, "TracerPid") != getpid() || !is_born(&orphan))
            continue;
        struct tracer_thread *tracer = engine_tracer_of(engine, orphan.pid);
        if (tracer)
            tracer_thread_call(tracer, take_orphan, &orphan);
    }
}
