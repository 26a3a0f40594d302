/* SPDX-License-Identifier: MIT */
/*
 * A log-linear histogram of durations: how many values there were, their exact sum, least and
 * largest, and percentiles with an error of less than 1 %. Each power of two is divided into
 * HISTOGRAM_SUBS buckets of equal width; values below HISTOGRAM_SUBS have a bucket each.
 *
 * Many histograms share a pool, from which each takes a block of counts for each power of two that
 * it has values of. So a histogram that is not used takes no memory but its struct, and adding a
 * value allocates nothing: the pool is filled elsewhere (histogram_pool_reserve()).
 */
#ifndef MODEL_HISTOGRAM_H
#define MODEL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum {
    HISTOGRAM_SUB_BITS = 6,
    HISTOGRAM_SUBS = 1 << HISTOGRAM_SUB_BITS,
    HISTOGRAM_OCTAVES =
        64 - HISTOGRAM_SUB_BITS + 1, /* the first has the values below HISTOGRAM_SUBS */
    HISTOGRAM_BLOCKS_MAX = 1 << 22,  /* of a pool: 2 GiB */
};

struct histogram_block {
    uint64_t counts[HISTOGRAM_SUBS];
};

/* All zero is an empty one. Block 0 is not used. */
struct histogram_pool {
    struct histogram_block *blocks;
    uint32_t used;
    uint32_t capacity; /* blocks[1] to blocks[capacity] are allocated */
};

/* All zero is an empty one. */
struct histogram {
    uint64_t count;          /* values */
    uint64_t sum;            /* UINT64_MAX if it is more */
    uint64_t least, largest; /* 0 if there is no value */
    uint64_t placed;         /* values that have a bucket: all, unless the pool had no block */
    uint32_t blocks[HISTOGRAM_OCTAVES]; /* indices in the pool; 0: no such value */
};

/* Makes room for n more blocks. Blocks may move. -ENOMEM: the pool is unchanged. -E2BIG: the pool
   has HISTOGRAM_BLOCKS_MAX. */
MUST_CHECK int histogram_pool_reserve(struct histogram_pool *pool, uint32_t n);
/* Frees the counts of all histograms of the pool. */
void histogram_pool_free(struct histogram_pool *pool);

/* The number of blocks that are left. */
static inline uint32_t histogram_pool_left(const struct histogram_pool *pool)
{
    return pool->capacity - pool->used;
}

/* Adds a value. If it needs a block and the pool has none, the value counts in all but the
   percentiles. Allocates nothing; takes constant time. */
void histogram_add(struct histogram *histogram, struct histogram_pool *pool, uint64_t value);

/* Adds all values of `from`, which is of the same pool. Allocates nothing; a value that finds no
   block is treated as above. */
void histogram_merge(struct histogram *histogram, struct histogram_pool *pool,
                     const struct histogram *from);

/*
 * The smallest value that at least `percent` (1 to 100) of the values are not above (the nearest
 * rank), less than 1 % too high or too low, and within the least and the largest. 0 if there is no
 * value with a bucket.
 */
uint64_t histogram_percentile(const struct histogram *histogram, const struct histogram_pool *pool,
                              unsigned percent);

#endif
