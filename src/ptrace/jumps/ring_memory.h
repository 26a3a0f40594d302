/* SPDX-License-Identifier: MIT */
/*
 * The memory that the tracer shares with a target for its rings: tables of threads and of return
 * addresses, counters of dropped hits, blocks and data of rings (model/ring.h). The target makes
 * it, a memfd, and maps it where the kernel chooses. A child of fork(2) does not inherit it.
 */
#ifndef PTRACE_JUMPS_RING_MEMORY_H
#define PTRACE_JUMPS_RING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/ring.h"
#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/error.h"

enum {
    RING_MEMORY_JUMPS = 16384, /* counters of dropped hits */
    RING_MEMORY_RINGS = 1024,
    RING_RECORD_MAX = 4096, /* data is followed by so many bytes: a record never wraps */
};

/* The sizes of rings. There is a fixed number of each, 64 MiB in all. */
enum ring_size {
    RING_TINY,  /* 16 KiB, when no other is left for a new thread */
    RING_SMALL, /* 64 KiB, at first, but for the first few threads */
    RING_LARGE, /* 1 MiB, of a thread that makes many records, */
    RING_HUGE,  /* and 4 MiB, of one that makes even more */
    RING_SIZES,
};

/* The rings of a size: their numbers from `first` on, and the bytes of each, a power of 2. */
struct ring_class {
    unsigned first, n;
    uint64_t size;
};

struct ring_memory {
    uint8_t *base; /* in the tracer; NULL: none */
    target_addr target;
    int fd; /* as long as `base` */
};

/* Makes the thread `helper` (see remote_syscall()) create and map the memory. `empty`: the address
   of a zero byte in the target. 0, or a negative errno with nothing left. */
MUST_CHECK int ring_memory_make(struct ring_memory *memory, struct address_space *space,
                                pid_t helper, target_addr empty);
/* Unmaps it from the tracer. `unused`: no stub will run any more that could use it. The target then
   keeps none of the memory, only the mapping, and the next tracer replaces that. */
void ring_memory_free(struct ring_memory *memory, bool unused);

/* The tables, as the target sees them, and the first bucket of each as the tracer does. */
struct ring_table ring_memory_threads(const struct ring_memory *memory);
struct ring_table ring_memory_returns(const struct ring_memory *memory);
struct ring_table_entry *ring_memory_thread_entries(const struct ring_memory *memory);
uint64_t *ring_memory_return_words(const struct ring_memory *memory);
/* The counter of the jump with that index. */
target_addr ring_memory_drops_at(const struct ring_memory *memory, uint32_t index);
uint64_t ring_memory_drops(const struct ring_memory *memory, uint32_t index);
/* A word that holds -1, for threads whose CPU is not known. */
target_addr ring_memory_no_cpu(const struct ring_memory *memory);

/* Of the ring with that number, less than RING_MEMORY_RINGS. */
struct ring_block *ring_memory_block(const struct ring_memory *memory, unsigned number);
target_addr ring_memory_block_at(const struct ring_memory *memory, unsigned number);
const struct ring_class *ring_memory_class(enum ring_size size);
/* The data, in the tracer, and its size. */
const uint8_t *ring_memory_data(const struct ring_memory *memory, unsigned number, uint64_t *size);
target_addr ring_memory_data_at(const struct ring_memory *memory, unsigned number);

#endif
