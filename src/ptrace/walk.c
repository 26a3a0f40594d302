#include "ptrace/walk.h"

#include "ptrace/core.h"

/* The first thread of this process or of one behind it: one that is being made has none yet. */
static struct tracee *first_of(const struct process *process)
{
    while (process && !process->threads)
        process = process->next_in_space;
    return process ? process->threads : NULL;
}

struct tracee *space_first_thread(const struct space *space)
{
    space->engine->stats.walked++;
    return first_of(space->processes);
}

struct tracee *space_next_thread(const struct tracee *tracee)
{
    tracee->process->engine->stats.walked++;
    return tracee->next ? tracee->next : first_of(tracee->process->next_in_space);
}

static void begin(struct walk *walk, struct engine *engine)
{
    walk->engine = engine;
    walk->outer = engine->walks;
    engine->walks = walk;
}

void walk_space(struct walk *walk, const struct space *space)
{
    *walk = (struct walk){.space = space, .next = space_first_thread(space)};
    begin(walk, space->engine);
}

void walk_process(struct walk *walk, struct engine *engine, pid_t pid)
{
    const struct process *process = process_find(engine, pid);
    *walk = (struct walk){.next = process ? process->threads : NULL};
    begin(walk, engine);
}

static struct tracee *behind(const struct walk *walk, const struct tracee *tracee)
{
    return walk->space ? space_next_thread(tracee) : tracee->next;
}

struct tracee *walk_next(struct walk *walk)
{
    struct tracee *tracee = walk->next;
    if (tracee) {
        walk->next = behind(walk, tracee);
        walk->engine->stats.walked++;
    }
    return tracee;
}

void walk_end(struct walk *walk)
{
    walk->engine->walks = walk->outer;
}

void walk_forget_tracee(struct tracee *tracee)
{
    for (struct walk *walk = tracee->process->engine->walks; walk; walk = walk->outer)
        if (walk->next == tracee)
            walk->next = behind(walk, tracee);
}

void walk_forget_process(struct process *process)
{
    for (struct walk *walk = process->engine->walks; walk; walk = walk->outer)
        if (walk->space && walk->next && walk->next->process == process)
            walk->next = first_of(process->next_in_space);
}
