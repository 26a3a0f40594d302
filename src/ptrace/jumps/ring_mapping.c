/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/ring_mapping.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/proc_status.h"
#include "util/maps.h"

const uint8_t ring_mapping_left[RING_MAPPING_SIGN] = {
    0xd3, 0x5e, 0x91, 0x07, 0xb8, 0x2c, 0x6f, 0xe4, 0x1a, 0xc9, 0x70, 0x3d, 0x85, 0xf6, 0x42, 0xab};

/* Where it is mapped if there is nothing else: far from where the kernel places what the program
   maps, which then gets the addresses that it would have got. */
static const uint64_t APART = UINT64_C(0x200000000000);

/* Of what is left to the program by its limit the rings take at most 1 / MODEST. */
enum { MODEST = 8 };

bool ring_mapping_is_modest(pid_t tid, size_t size)
{
    uint64_t limit;
    long used_kib = proc_status_number(tid, "VmSize");
    if (proc_limit(tid, "Max address space", &limit) < 0 || used_kib < 0)
        return false;
    uint64_t used = (uint64_t)used_kib * 1024;
    return limit == UINT64_MAX || (limit > used && (limit - used) / MODEST >= size);
}

int ring_mapping_call(struct address_space *space, pid_t helper, long number,
                      const uint64_t args[6], int64_t *result)
{
    int r = remote_syscall(space, helper, number, args, result);
    return r < 0 ? r : *result < 0 ? (int)*result : 0;
}

/* Whether a tracer has left the mapping there. */
static bool is_left(struct address_space *space, pid_t tid, size_t size, size_t sign)
{
    struct maps maps = {0};
    uint8_t found[RING_MAPPING_SIGN];
    bool left = false;
    if (maps_read(&maps, tid) == 0) {
        const struct map *map = maps_find(&maps, target_addr_of(APART));
        left = map && map->start.value == APART && map->end.value == APART + size && map->shared &&
               map->deleted && strcmp(map->path, "/memfd:") == 0 &&
               memory_read(address_space_memory(space), target_addr_plus(map->start, (int64_t)sign),
                           found, sizeof(found)) == 0 &&
               memcmp(found, ring_mapping_left, sizeof(found)) == 0;
    }
    maps_free(&maps);
    return left;
}

int ring_mapping_make(struct address_space *space, pid_t helper, int fd, size_t size, size_t sign,
                      target_addr *at)
{
    int64_t start, ignored;
    int fixed = is_left(space, helper, size, sign) ? MAP_FIXED : 0;
    /* A program that has asked for all future mappings to be locked gets them with their memory,
       unless they may not be accessed. */
    const uint64_t map[6] = {
        APART, size, PROT_NONE, (uint64_t)(MAP_SHARED | MAP_NORESERVE | fixed), (uint64_t)fd, 0};
    int r = ring_mapping_call(space, helper, SYS_mmap, map, &start);
    if (r < 0)
        return r == -EAGAIN ? -ENOMEM : r; /* more than it may lock */
    *at = target_addr_of((uint64_t)start);
    const uint64_t unlock[6] = {(uint64_t)start, size};
    const uint64_t access[6] = {(uint64_t)start, size, PROT_READ | PROT_WRITE};
    const uint64_t no_fork[6] = {(uint64_t)start, size, MADV_DONTFORK};
    const uint64_t no_dump[6] = {(uint64_t)start, size, MADV_DONTDUMP};
    r = ring_mapping_call(space, helper, SYS_munlock, unlock, &ignored);
    if (r == 0)
        r = ring_mapping_call(space, helper, SYS_mprotect, access, &ignored);
    if (r == 0)
        r = ring_mapping_call(space, helper, SYS_madvise, no_fork, &ignored);
    return r < 0 ? r : ring_mapping_call(space, helper, SYS_madvise, no_dump, &ignored);
}
