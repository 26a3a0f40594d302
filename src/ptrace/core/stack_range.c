/* SPDX-License-Identifier: MIT */
#include "ptrace/core/stack_range.h"

#include "ptrace/core/address_space.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"
#include "util/maps.h"

enum { READ_AGAIN_NS = 10 * 1000 * 1000 };

static struct stack_range look_up(const struct address_space *space, uint64_t sp)
{
    const struct map *map = maps_find(&space->maps, target_addr_of(sp));
    if (!map || !map->write)
        return (struct stack_range){0};
    return (struct stack_range){.low = map->start.value, .high = map->end.value};
}

struct stack_range stack_range_of(struct tracee *tracee, uint64_t sp, uint64_t now_ns)
{
    struct address_space *space = tracee->process->space;
    if (sp >= tracee->stack.low && sp < tracee->stack.high)
        return tracee->stack;
    struct stack_range found = look_up(space, sp);
    if (found.high == 0 && now_ns - space->maps_read_ns >= READ_AGAIN_NS) {
        address_space_read_maps(space, tracee->tid, now_ns);
        found = look_up(space, sp);
    }
    tracee->stack = found;
    return found;
}
