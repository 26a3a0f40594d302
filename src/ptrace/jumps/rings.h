/* SPDX-License-Identifier: MIT */
/*
 * The rings of an address space: which thread has which, and the tables that its stubs look
 * threads and return addresses up in. Pure data in the shared memory (ring_memory.h): no ptrace.
 */
#ifndef PTRACE_JUMPS_RINGS_H
#define PTRACE_JUMPS_RINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/jumps/ring_memory.h"
#include "util/addr.h"
#include "util/error.h"

struct tracee;

struct ring {
    struct tracee *tracee; /* NULL: the ring is free */
    unsigned number;       /* in the memory */
    uint64_t key;          /* the thread pointer it is registered for; 0: not registered */
    uint64_t tail;         /* bytes taken */
    uint16_t gap;          /* of the last record */
    bool is_broken;        /* the target has overwritten it */
};

struct rings {
    struct ring_memory memory;
    struct ring all[RING_MEMORY_RINGS];
    unsigned used; /* numbers below this have been in use */
};

/*
 * Gives the thread a ring, or the one it has, for this thread pointer. `cpu_id`: the address of its
 * rseq.cpu_id, 0: none. Another thread's registration of the thread pointer is removed: stacks are
 * used again before the end of their last thread is reported. -ENOSPC: no ring, or no room in the
 * table.
 */
MUST_CHECK int rings_register(struct rings *rings, struct tracee *tracee, uint64_t key,
                              target_addr cpu_id, struct ring **ring);
/* Removes the ring from the table: the thread's next hit stops. Its records remain. */
void rings_unregister(struct rings *rings, struct ring *ring);
/* Removes whatever ring has this thread pointer from the table. */
void rings_unregister_key(struct rings *rings, uint64_t key);
/* Frees the ring, whose records were taken. */
void rings_release(struct rings *rings, struct ring *ring);

/* The bytes that the thread has written and that were not taken. More than the size: the target has
   overwritten the block. */
uint64_t rings_pending(const struct rings *rings, const struct ring *ring);

/* Adds a return address to the table, or removes it. -ENOSPC: its bucket is full. */
MUST_CHECK int rings_add_return(struct rings *rings, target_addr address);
void rings_remove_return(struct rings *rings, target_addr address);
bool rings_has_return(const struct rings *rings, target_addr address);

#endif
