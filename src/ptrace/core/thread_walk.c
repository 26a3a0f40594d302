/* SPDX-License-Identifier: MIT */
#include "ptrace/core/thread_walk.h"

#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"

/* The first thread of this process or of one after it. A process that is being made has none
   yet. */
static struct tracee *first_of(const struct process *process)
{
    while (process && !process->threads)
        process = process->next_in_space;
    return process ? process->threads : NULL;
}

struct tracee *thread_walk_first(const struct address_space *space)
{
    space->engine->stats.walked++;
    return first_of(space->processes);
}

struct tracee *thread_walk_after(const struct tracee *tracee)
{
    tracee->process->engine->stats.walked++;
    return tracee->next ? tracee->next : first_of(tracee->process->next_in_space);
}

static void walk_begin(struct thread_walk *walk, struct engine *engine)
{
    walk->engine = engine;
    walk->outer = engine->walks;
    engine->walks = walk;
}

void thread_walk_space(struct thread_walk *walk, const struct address_space *space)
{
    *walk = (struct thread_walk){.space = space, .next = thread_walk_first(space)};
    walk_begin(walk, space->engine);
}

void thread_walk_process(struct thread_walk *walk, struct engine *engine, pid_t pid)
{
    const struct process *process = process_find(engine, pid);
    *walk = (struct thread_walk){.next = process ? process->threads : NULL};
    walk_begin(walk, engine);
}

static struct tracee *after(const struct thread_walk *walk, const struct tracee *tracee)
{
    return walk->space ? thread_walk_after(tracee) : tracee->next;
}

struct tracee *thread_walk_next(struct thread_walk *walk)
{
    struct tracee *tracee = walk->next;
    if (tracee) {
        walk->next = after(walk, tracee);
        walk->engine->stats.walked++;
    }
    return tracee;
}

void thread_walk_end(struct thread_walk *walk)
{
    walk->engine->walks = walk->outer;
}

void thread_walk_forget_tracee(struct tracee *tracee)
{
    for (struct thread_walk *walk = tracee->process->engine->walks; walk; walk = walk->outer)
        if (walk->next == tracee)
            walk->next = after(walk, tracee);
}

void thread_walk_forget_process(struct process *process)
{
    for (struct thread_walk *walk = process->engine->walks; walk; walk = walk->outer)
        if (walk->space && walk->next && walk->next->process == process)
            walk->next = first_of(process->next_in_space);
}
