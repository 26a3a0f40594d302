/* SPDX-License-Identifier: MIT */
/*
 * The rings of an address space: which thread has which, and the tables that its stubs look
 * threads and return addresses up in. Pure data in the shared memory (ring_memory.h): no ptrace.
 */
#ifndef PTRACE_JUMPS_RINGS_H
#define PTRACE_JUMPS_RINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/ring.h"
#include "ptrace/jumps/ring_memory.h"
#include "util/addr.h"
#include "util/error.h"

struct tracee;

struct ring {
    struct tracee *tracee; /* NULL: the ring is free */
    unsigned number;       /* in the memory */
    enum ring_size size_class;
    struct ring_block *block; /* what follows does not change while the ring is in use */
    const uint8_t *data;
    uint64_t size;
    uint64_t key;       /* the thread pointer it is registered for; 0: not registered */
    uint64_t tail;      /* bytes taken, */
    uint64_t freed;     /* and those that the thread may write to again */
    uint64_t last_ns;   /* the time of the last record */
    uint16_t gap;       /* of the last record */
    bool has_gap;       /* hits were dropped before the next record, whatever its `gap` */
    bool is_broken;     /* the target has overwritten it */
    struct ring *older; /* that the thread had before, with records that were not taken; or NULL */
    unsigned place;     /* in `active` */
};

struct rings {
    struct ring_memory memory;
    struct ring all[RING_MEMORY_RINGS];
    struct ring *active[RING_MEMORY_RINGS]; /* of a thread; not those that are an older one */
    unsigned n_active;
};

/*
 * Gives the thread a ring, or the one it has, for this thread pointer. `cpu_id`: the address of its
 * rseq.cpu_id, 0: none. Another thread's registration of the thread pointer is removed: stacks are
 * used again before the end of their last thread is reported. -ENOSPC: no ring, or no room in the
 * table.
 */
MUST_CHECK int rings_register(struct rings *rings, struct tracee *tracee, uint64_t key,
                              target_addr cpu_id, struct ring **ring);
/*
 * Gives the thread of the ring, which stays registered and may be running, a larger one, if there
 * is one: *ring becomes that, and the ring its `older`. The thread writes no record to the older
 * one any more once there is one in the new: it is only ever in one stub.
 */
void rings_grow(struct rings *rings, struct ring **ring);
/* The ring that has the thread's next record, if there is one: the older one until all was taken
   from it that will ever be there. It is released then. */
struct ring *rings_current(struct ring *ring);
/* Removes the ring from the table: the thread's next hit stops. Its records remain. */
void rings_unregister(struct rings *rings, struct ring *ring);
/* Removes whatever ring has this thread pointer from the table. */
void rings_unregister_key(struct rings *rings, uint64_t key);
/* Frees the ring, whose records were taken. */
void rings_release(struct rings *rings, struct ring *ring);

/* The bytes that the thread has written and that were not taken. More than the size: the target has
   overwritten the block. */
static inline uint64_t ring_pending(const struct ring *ring)
{
    return __atomic_load_n(&ring->block->head, __ATOMIC_ACQUIRE) - ring->tail;
}

/* Lets the thread write where records were taken. */
static inline void ring_free_taken(struct ring *ring)
{
    ring->freed = ring->tail;
    __atomic_store_n(&ring->block->limit, ring->tail + ring->size, __ATOMIC_RELEASE);
}

/* Adds a return address to the table, or removes it. -ENOSPC: its bucket is full. */
MUST_CHECK int rings_add_return(struct rings *rings, target_addr address);
void rings_remove_return(struct rings *rings, target_addr address);
bool rings_has_return(const struct rings *rings, target_addr address);

#endif
