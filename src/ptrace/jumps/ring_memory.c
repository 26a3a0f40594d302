/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/ring_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model/ring.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/ring_mapping.h"
#include "util/addr.h"
#include "util/cleanup.h"

/* The layout, in bytes from the start. */
enum {
    THREAD_BUCKETS_LOG = 10,
    RETURN_BUCKETS_LOG = 13,
    THREADS_AT = 0,
    RETURNS_AT = THREADS_AT + (RING_LINE << THREAD_BUCKETS_LOG),
    DROPS_AT = RETURNS_AT + (RING_LINE << RETURN_BUCKETS_LOG),
    NO_CPU_AT = DROPS_AT + 8 * RING_MEMORY_JUMPS,
    LEFT_AT = NO_CPU_AT + RING_LINE / 2,
    BLOCKS_AT = NO_CPU_AT + RING_LINE,
    BLOCKS_END = BLOCKS_AT + (int)sizeof(struct ring_block) * RING_MEMORY_RINGS,
    DATA_AT = (BLOCKS_END + 4095) & ~4095,
    TINY = 1 << 14,
    SMALL = 1 << 16,
    LARGE = 1 << 20,
    HUGE = 1 << 22,
    N_SMALL = 416,
    N_LARGE = 16,
    N_HUGE = 2,
    N_TINY = RING_MEMORY_RINGS - N_SMALL - N_LARGE - N_HUGE,
    SIZE = DATA_AT + RING_MEMORY_RINGS * RING_RECORD_MAX + N_TINY * TINY + N_SMALL * SMALL +
           N_LARGE * LARGE + N_HUGE * HUGE,
};

_Static_assert((int)LEFT_AT + RING_MAPPING_SIGN <= (int)BLOCKS_AT, "room for the sign");
_Static_assert((int)SIZE <= (65 << 20), "64 MiB, and the tables");

/* From the largest on: the data of a few is as aligned as it can be. */
static const struct ring_class CLASSES[RING_SIZES] = {
    [RING_HUGE] = {0, N_HUGE, HUGE},
    [RING_LARGE] = {N_HUGE, N_LARGE, LARGE},
    [RING_SMALL] = {N_HUGE + N_LARGE, N_SMALL, SMALL},
    [RING_TINY] = {N_HUGE + N_LARGE + N_SMALL, N_TINY, TINY},
};

/* Odd, with well mixed bits: the golden ratio (Knuth, The Art of Computer Programming, 6.4). */
static const uint64_t MULTIPLIER = UINT64_C(0x9e3779b97f4a7c15);

static int map_here(struct ring_memory *memory, pid_t group, int remote)
{
    cleanup(cleanup_fd) int process = (int)syscall(SYS_pidfd_open, group, 0);
    if (process < 0)
        return -errno;
    cleanup(cleanup_fd) int fd = (int)syscall(SYS_pidfd_getfd, process, remote, 0);
    if (fd < 0)
        return -errno;
    /* The target may not change the size: an access of ours behind the end would be fatal. */
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || ftruncate(fd, SIZE) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    void *base = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    memory->base = base;
    memory->fd = take_fd(&fd);
    return 0;
}

int ring_memory_make(struct ring_memory *memory, struct address_space *space, pid_t helper,
                     target_addr empty)
{
    int64_t remote, ignored;
    *memory = (struct ring_memory){.fd = -1};
    if (!ring_mapping_is_modest(helper, SIZE))
        return -ENOMEM;
    const uint64_t create[6] = {empty.value, MFD_CLOEXEC | MFD_ALLOW_SEALING};
    int r = ring_mapping_call(space, helper, SYS_memfd_create, create, &remote);
    if (r < 0)
        return r;
    pid_t group = tracee_thread_group(helper);
    r = group ? map_here(memory, group, (int)remote) : -ESRCH;
    if (r == 0)
        r = ring_mapping_make(space, helper, (int)remote, SIZE, LEFT_AT, &memory->target);
    const uint64_t close_it[6] = {(uint64_t)remote};
    int closed = ring_mapping_call(space, helper, SYS_close, close_it, &ignored);
    if (r == 0 && closed < 0)
        r = closed;
    if (r < 0) {
        ring_memory_free(memory, false);
        return r;
    }
    *(int64_t *)(void *)(memory->base + NO_CPU_AT) = -1;
    return 0;
}

/* No stub runs any more that could write there. The target keeps the mapping, but none of the
   memory; the next tracer can tell that it may replace the mapping. */
static void leave_empty(struct ring_memory *memory)
{
    if (fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE) == 0)
        memcpy(memory->base + LEFT_AT, ring_mapping_left, RING_MAPPING_SIGN);
}

void ring_memory_free(struct ring_memory *memory, bool unused)
{
    if (memory->base && unused)
        leave_empty(memory);
    if (memory->base)
        munmap(memory->base, SIZE);
    cleanup_fd(&memory->fd);
    *memory = (struct ring_memory){.fd = -1};
}

static target_addr at_offset(const struct ring_memory *memory, size_t offset)
{
    return target_addr_plus(memory->target, (int64_t)offset);
}

struct ring_table ring_memory_threads(const struct ring_memory *memory)
{
    return (struct ring_table){at_offset(memory, THREADS_AT).value, MULTIPLIER,
                               64 - THREAD_BUCKETS_LOG};
}

struct ring_table ring_memory_returns(const struct ring_memory *memory)
{
    return (struct ring_table){at_offset(memory, RETURNS_AT).value, MULTIPLIER,
                               64 - RETURN_BUCKETS_LOG};
}

struct ring_table_entry *ring_memory_thread_entries(const struct ring_memory *memory)
{
    return (void *)(memory->base + THREADS_AT);
}

uint64_t *ring_memory_return_words(const struct ring_memory *memory)
{
    return (void *)(memory->base + RETURNS_AT);
}

target_addr ring_memory_drops_at(const struct ring_memory *memory, uint32_t index)
{
    return at_offset(memory, DROPS_AT + sizeof(uint64_t) * index);
}

uint64_t ring_memory_drops(const struct ring_memory *memory, uint32_t index)
{
    const uint64_t *drops = (const void *)(memory->base + DROPS_AT);
    return __atomic_load_n(&drops[index], __ATOMIC_RELAXED);
}

target_addr ring_memory_no_cpu(const struct ring_memory *memory)
{
    return at_offset(memory, NO_CPU_AT);
}

struct ring_block *ring_memory_block(const struct ring_memory *memory, unsigned number)
{
    return (struct ring_block *)(void *)(memory->base + BLOCKS_AT) + number;
}

target_addr ring_memory_block_at(const struct ring_memory *memory, unsigned number)
{
    return at_offset(memory, BLOCKS_AT + sizeof(struct ring_block) * number);
}

const struct ring_class *ring_memory_class(enum ring_size size)
{
    return &CLASSES[size];
}

static size_t data_offset(unsigned number, uint64_t *size)
{
    size_t offset = DATA_AT;
    for (int i = RING_HUGE; i >= 0; i--) {
        const struct ring_class *class = &CLASSES[i];
        *size = class->size;
        if (number < class->first + class->n)
            return offset + (number - class->first) * (class->size + RING_RECORD_MAX);
        offset += class->n * (class->size + RING_RECORD_MAX);
    }
    return offset;
}

const uint8_t *ring_memory_data(const struct ring_memory *memory, unsigned number, uint64_t *size)
{
    return memory->base + data_offset(number, size);
}

target_addr ring_memory_data_at(const struct ring_memory *memory, unsigned number)
{
    uint64_t size;
    return at_offset(memory, data_offset(number, &size));
}
