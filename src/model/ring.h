/* SPDX-License-Identifier: MIT */
/*
 * Rings: how a stub inside the target (ptrace/arch/stub.h) hands its hits to the tracer. Layout
 * only; machine code has these offsets, too.
 *
 * Each thread has a ring: a block in memory that the target and the tracer share, and data, also
 * shared, that is mapped twice in a row, so that a record is contiguous wherever it begins. The
 * thread is the only one that writes records, the tracer the only one that takes them.
 *
 * All that the target writes here is hostile input: the tracer masks, bounds and validates it, and
 * reads each word once.
 */
#ifndef MODEL_RING_H
#define MODEL_RING_H

#include <stddef.h>
#include <stdint.h>

/*
 * A record. How many words follow, and what they are, depends on the site (struct stub_layout).
 * It is complete when `head` of the block is behind it. Records of a thread are in program order;
 * a signal handler's are between those of the code it interrupts. `tsc` was read before the record
 * was committed: a thread that was preempted in between commits it late.
 */
struct ring_record {
    uint64_t tsc;
    uint32_t site; /* index in the tracer's table of stubs */
    uint16_t cpu;  /* the low 16 bits of the word at ring_block.cpu_id; 0xffff: not known */
    uint16_t gap;  /* the low 16 bits of ring_block.gaps: if this is not the value in the thread's
                      record before, hits were dropped in between */
    uint64_t slot; /* address of the return slot (ptrace/arch/arch.h) */
    uint64_t link; /* at an entry the return address, at a return the first result register */
    uint64_t words[];
};

enum { RING_CPU_UNKNOWN = 0xffff };

/*
 * The block of a thread's ring: a cache line that the thread writes, and one that the tracer
 * writes. `head` and `limit` only grow. The ring is empty when limit == head + mask + 1.
 */
struct ring_block {
    /* Written by the thread. */
    uint64_t head; /* bytes written so far. Its store commits a record */
    /* How often hits were dropped between two records, or before the first: hits that are dropped
       without a record in between count once. gap_at is `head` of the last such time, plus 1. */
    uint64_t gaps;
    uint64_t gap_at;
    uint64_t gap_slot; /* ring_record.slot of the last hit that was dropped */
    uint64_t unused_thread[4];
    /* Written by the tracer. */
    uint64_t limit; /* `head` may grow to this: the bytes taken so far + the size of the data */
    uint64_t data;  /* address of the data in the target, a multiple of 8 */
    uint64_t mask;  /* size of the data - 1; the size is a power of 2, and more than a record's */
    /* Address in the target of the thread's rseq.cpu_id (rseq(2)), a uint32_t; where that is not
       registered, of another word that holds -1. */
    uint64_t cpu_id;
    uint64_t unused_tracer[4];
};

enum { RING_LINE = 64 };

/*
 * Which block a thread has: a hash table in memory that is private to the target and empty in the
 * child after fork(2) (madvise(2), MADV_WIPEONFORK). The key of a thread is its thread pointer. An
 * entry is empty if its block is 0. Threads read the table while the tracer changes it: it sets
 * `block` of an empty entry before `key`, and clears `key` before `block`.
 */
struct ring_table_entry {
    uint64_t key;
    uint64_t block; /* address of the ring_block in the target */
};

enum {
    RING_THREAD_WAYS = 4, /* entries of a bucket of that table */
    RING_RETURN_WAYS = 8, /* words of a bucket of the table of return addresses */
};

/*
 * Where a hash table is in the target. Both tables consist of buckets of RING_LINE bytes, and are
 * aligned to that. The table of return addresses holds, as plain words, those whose return is
 * looked after (or known to be impossible to look after); 0 is an empty word. The return address 0
 * counts as known.
 */
struct ring_table {
    uint64_t at;
    uint64_t multiplier; /* odd */
    uint8_t shift;       /* 1 to 63: there are 2^(64 - shift) buckets */
};

/* The number of the bucket of a key. */
static inline uint64_t ring_bucket(const struct ring_table *table, uint64_t key)
{
    return (key * table->multiplier) >> table->shift;
}

_Static_assert(sizeof(struct ring_record) == 32, "layout");
_Static_assert(offsetof(struct ring_record, tsc) == 0, "layout");
_Static_assert(offsetof(struct ring_record, site) == 8, "layout");
_Static_assert(offsetof(struct ring_record, cpu) == 12, "layout");
_Static_assert(offsetof(struct ring_record, gap) == 14, "layout");
_Static_assert(offsetof(struct ring_record, slot) == 16, "layout");
_Static_assert(offsetof(struct ring_record, link) == 24, "layout");
_Static_assert(offsetof(struct ring_record, words) == 32, "layout");

_Static_assert(sizeof(struct ring_block) == 2 * RING_LINE, "two cache lines");
_Static_assert(offsetof(struct ring_block, head) == 0, "layout");
_Static_assert(offsetof(struct ring_block, gaps) == 8, "layout");
_Static_assert(offsetof(struct ring_block, gap_at) == 16, "layout");
_Static_assert(offsetof(struct ring_block, gap_slot) == 24, "layout");
_Static_assert(offsetof(struct ring_block, limit) == 64, "layout");
_Static_assert(offsetof(struct ring_block, data) == 72, "layout");
_Static_assert(offsetof(struct ring_block, mask) == 80, "layout");
_Static_assert(offsetof(struct ring_block, cpu_id) == 88, "layout");

_Static_assert(sizeof(struct ring_table_entry) == 16, "layout");
_Static_assert(offsetof(struct ring_table_entry, key) == 0, "layout");
_Static_assert(offsetof(struct ring_table_entry, block) == 8, "layout");
_Static_assert(sizeof(struct ring_table_entry) * RING_THREAD_WAYS == RING_LINE, "a cache line");
_Static_assert(sizeof(uint64_t) * RING_RETURN_WAYS == RING_LINE, "a cache line");

#endif
