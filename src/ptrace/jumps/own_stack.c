/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/own_stack.h"

#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/stack_range.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/clock.h"
#include "util/maps.h"

enum {
    SCAN_WORDS = 512,
    SIGNAL_STACK_MAX = 256 * 1024, /* bytes that are looked at */
};

static bool has_sp(struct stack_range range, uint64_t sp)
{
    return sp >= range.low && sp < range.high;
}

/*
 * The stack with this stack pointer, if it is the thread's own, else {0, 0}: the main thread's, the
 * one that the thread began on, or the one with its thread pointer. C libraries place what that
 * leads to at the upper end of the stacks that they make or are given; for the main thread, the
 * dynamic linker maps memory for it. What lies above, in the same mapping, is something else.
 */
static struct stack_range own_range(const struct tracee *tracee, uint64_t sp,
                                    uint64_t thread_pointer)
{
    const struct map *map = maps_find(&tracee->process->space->maps, target_addr_of(sp));
    bool is_leader = tracee->tid == tracee->process->pid;
    struct stack_range none = {0}, range;
    if (!map)
        return none;
    range = (struct stack_range){.low = map->start.value, .high = map->end.value};
    if (strcmp(map->path, "[stack]") == 0)
        return range;
    if (is_leader) /* perhaps it was forked by a thread */
        return has_sp(range, tracee->first_sp) ? range : none;
    if (has_sp(range, tracee->first_sp))
        range.high = tracee->first_sp + 1;
    else if (has_sp(range, thread_pointer))
        range.high = thread_pointer;
    else
        return none;
    return has_sp(range, sp) ? range : none;
}

/* Whether a signal frame above the stack pointer leads to the thread's own stack: the handler runs
   on an alternate stack. */
static bool leads_to_own(const struct tracee *tracee, struct stack_range stack, uint64_t sp,
                         uint64_t thread_pointer)
{
    enum { OVERLAP = ARCH_SAVED_WORDS - 1 };
    uint64_t words[OVERLAP + SCAN_WORDS] = {0}, saved;
    const struct address_space *space = tracee->process->space;
    uint64_t from = sp & ~(uint64_t)(sizeof(uint64_t) - 1);
    uint64_t end = stack.high - from < SIGNAL_STACK_MAX ? stack.high : from + SIGNAL_STACK_MAX;
    for (; from < end; from += SCAN_WORDS * sizeof(words[0])) {
        size_t size = SCAN_WORDS * sizeof(words[0]);
        if (end - from < size)
            size = end - from;
        size_t got = memory_read_some(address_space_memory(space), target_addr_of(from),
                                      words + OVERLAP, size);
        for (size_t i = 0; i < got / sizeof(words[0]); i++)
            if (arch_saved_sp(words + i, &saved) && own_range(tracee, saved, thread_pointer).high)
                return true;
        if (got < size)
            return false;
        memmove(words, words + SCAN_WORDS, OVERLAP * sizeof(words[0]));
    }
    return false;
}

bool own_stack_left(struct tracee *tracee, uint64_t sp, uint64_t thread_pointer)
{
    struct address_space *space = tracee->process->space;
    if (space->suspends || has_sp(tracee->own_stack, sp) || has_sp(tracee->signal_stack, sp) ||
        tracee->process->silent)
        return false;
    struct stack_range stack = stack_range_of(tracee, sp, clock_now_ns());
    if (!stack.high) { /* it is new */
        address_space_read_maps(space, tracee->tid, clock_now_ns());
        stack = stack_range_of(tracee, sp, clock_now_ns());
    }
    if (!stack.high)
        return true; /* the mappings cannot be read */
    struct stack_range own = own_range(tracee, sp, thread_pointer);
    if (own.high)
        tracee->own_stack = own;
    else if (leads_to_own(tracee, stack, sp, thread_pointer))
        tracee->signal_stack = stack;
    else
        return true;
    return false;
}
