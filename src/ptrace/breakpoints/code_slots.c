/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/code_slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/helper_thread.h"
#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/os/proc_files.h"
#include "util/addr.h"
#include "util/log.h"
#include "util/maps.h"
#include "util/vec.h"

enum {
    GUARD = 1024 * 1024, /* left free at both ends of a gap */
    LOWEST = 0x10000,    /* the usual vm.mmap_min_addr */
    MAP_TRIES = 4,
};

/* A range of addresses: at most `reach` bytes from `at`. */
struct vicinity {
    uint64_t at, reach;
};

/* With a slot this near, the copy also reaches what the instruction refers to nearby. */
static struct vicinity near_of(target_addr at)
{
    return (struct vicinity){at.value, displaced_reach / 2};
}

/* With any farther slot, the copy cannot jump back. */
static struct vicinity widest_of(target_addr at)
{
    return (struct vicinity){at.value, displaced_reach - DISPLACED_CODE_MAX};
}

static bool is_arena_within(const struct slot_arena *arena, struct vicinity range)
{
    uint64_t start = arena->start.value, end = start + ARENA_SIZE;
    return (start > range.at || range.at - start <= range.reach) &&
           (end < range.at || end - range.at <= range.reach);
}

/* The part of the gap [low, high) in the range, less the guards, in whole arenas. false: none. */
static bool usable(uint64_t low, uint64_t high, struct vicinity range, uint64_t *from, uint64_t *to)
{
    uint64_t guard = high - low > 16 * GUARD ? GUARD : 0;
    uint64_t first = range.at > range.reach ? range.at - range.reach : 0;
    uint64_t last = range.at + range.reach;
    *from = low + guard > first ? low + guard : first;
    *to = high - guard < last ? high - guard : last;
    *from = (*from + ARENA_SIZE - 1) / ARENA_SIZE * ARENA_SIZE;
    *to = *to / ARENA_SIZE * ARENA_SIZE;
    return *to > *from;
}

/*
 * The middle of the best gap in the range, 0 if there is none. Gaps below come first: above, the
 * heap grows up from the program and the stack grows down; below a module mmap(2) places further
 * mappings, and avoids the arena.
 */
static target_addr choose_gap(const struct maps *maps, struct vicinity range)
{
    /* x86-64's [vsyscall] is in the kernel's half. */
    static const uint64_t below_limit = UINT64_C(1) << 63;
    uint64_t best = 0, best_size = 0, low = LOWEST;
    bool best_below = false;
    for (size_t i = 0; i <= maps->list.count; i++) {
        const struct map *map = i < maps->list.count ? &maps->list.items[i] : NULL;
        uint64_t high = map ? map->start.value : low, from, to;
        if (map && high > low && high <= below_limit && usable(low, high, range, &from, &to)) {
            bool below = to <= range.at;
            if (best_size == 0 || (below && !best_below) ||
                (below == best_below && to - from > best_size)) {
                best = from + (to - from - ARENA_SIZE) / 2;
                best_size = to - from;
                best_below = below;
            }
        }
        if (map && map->end.value > low)
            low = map->end.value;
    }
    return target_addr_of(best & ~(uint64_t)(ARENA_SIZE - 1));
}

/* Once for each address space: no arena is mapped in it afterwards. */
static void explain_failure(pid_t tid, size_t n_maps, int code)
{
    long max;
    int r = proc_number("/proc/sys/vm/max_map_count", &max);
    /* The kernel counts one or two mappings that it does not show, or does not count [vsyscall]. */
    if (code == -ENOMEM && r == 0 && n_maps + 2 >= (size_t)max)
        log_warning(
            "process %d has %zu mappings, and vm.max_map_count allows %ld: displaced "
            "instructions need another one, so further functions are single-stepped, which is "
            "slow",
            tid, n_maps, max);
    else
        log_warning("cannot map memory for displaced instructions in process %d (%s): further "
                    "functions are single-stepped, which is slow",
                    tid, strerror(-code));
}

static int map_arena(struct address_space *space, pid_t tid, struct vicinity range,
                     target_addr *start)
{
    for (int i = 0; i < MAP_TRIES; i++) {
        struct maps maps = {0};
        int r = maps_read(&maps, tid);
        target_addr hint = r == 0 ? choose_gap(&maps, range) : target_addr_of(0);
        size_t n_maps = maps.list.count;
        maps_free(&maps);
        if (r < 0)
            return r;
        if (!hint.value)
            return -ERANGE;
        uint64_t args[6] = {hint.value,
                            ARENA_SIZE,
                            PROT_READ | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                            (uint64_t)-1,
                            0};
        int64_t result = 0;
        r = remote_syscall(space, tid, SYS_mmap, args, &result);
        if (r < 0)
            return r;
        if (result > 0) {
            *start = target_addr_of((uint64_t)result);
            return 0;
        }
        if (result != -EEXIST) { /* another thread mapped there first: read the mappings again */
            explain_failure(tid, n_maps, (int)result);
            return (int)result;
        }
    }
    return -ENOMEM;
}

static struct slot_arena *add_arena(struct address_space *space, struct code_slots *slots,
                                    struct vicinity range, int *error)
{
    target_addr start = {0};
    pid_t helper = slots->refused ? -EPERM : helper_thread_get(space);
    *error = helper < 0 ? helper : map_arena(space, helper, range, &start);
    if (*error < 0) {
        if (*error != -ESRCH && *error != -EAGAIN && *error != -ERANGE)
            slots->refused = true;
        return NULL;
    }
    struct slot_arena *arena = vec_push(&slots->arenas);
    if (arena)
        arena->owner = calloc(ARENA_SIZE / SLOT_UNIT, sizeof(*arena->owner));
    if (!arena || !arena->owner) {
        if (arena)
            slots->arenas.count--;
        *error = -ENOMEM;
        return NULL;
    }
    arena->start = start;
    return arena;
}

struct code_slots *code_slots_of(struct address_space *space)
{
    if (!space->slots)
        space->slots = calloc(1, sizeof(*space->slots));
    return space->slots;
}

/* The newest arena usually fits. There are few (one for each 64 KiB of slots and displaced_reach of
   code), and this is not on the hit path. */
static struct slot_arena *find_arena(const struct code_slots *slots, struct vicinity range,
                                     size_t size)
{
    for (size_t i = slots->arenas.count; i-- > 0;) {
        struct slot_arena *arena = &slots->arenas.items[i];
        if (ARENA_SIZE - arena->used >= size && is_arena_within(arena, range))
            return arena;
    }
    return NULL;
}

int code_slots_take(struct address_space *space, struct site *site, target_addr near, size_t size,
                    target_addr *slot)
{
    struct code_slots *slots = code_slots_of(space);
    struct slot_arena *arena = NULL;
    if (!slots)
        return -ENOMEM;
    size = (size + SLOT_UNIT - 1) / SLOT_UNIT * SLOT_UNIT;
    const struct vicinity ranges[] = {near_of(near), widest_of(near)};
    int error = -ERANGE;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && !arena && error == -ERANGE; i++) {
        arena = find_arena(slots, ranges[i], size);
        if (!arena)
            arena = add_arena(space, slots, ranges[i], &error);
    }
    if (!arena)
        return error;
    *slot = target_addr_plus(arena->start, (int64_t)arena->used);
    for (size_t i = 0; i < size / SLOT_UNIT; i++)
        arena->owner[arena->used / SLOT_UNIT + i] = site;
    arena->used += size;
    return 0;
}

struct site *code_slots_owner(const struct code_slots *slots, target_addr at)
{
    for (size_t i = 0; slots && i < slots->arenas.count; i++) {
        const struct slot_arena *arena = &slots->arenas.items[i];
        if (target_addr_within(at, arena->start, target_addr_plus(arena->start, ARENA_SIZE)))
            return arena->owner[(at.value - arena->start.value) / SLOT_UNIT];
    }
    return NULL;
}

void code_slots_free(struct code_slots *slots)
{
    if (!slots)
        return;
    for (size_t i = 0; i < slots->arenas.count; i++)
        free(slots->arenas.items[i].owner);
    vec_free(&slots->arenas);
    free(slots);
}
