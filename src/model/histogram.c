/* SPDX-License-Identifier: MIT */
#include "model/histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

/* Where a value is counted. */
struct place {
    unsigned octave;
    unsigned sub;
};

static struct place place_of(uint64_t value)
{
    if (value < HISTOGRAM_SUBS)
        return (struct place){0, (unsigned)value};
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return (struct place){shift + 1, (unsigned)(value >> shift) - HISTOGRAM_SUBS};
}

/* The value in the middle of the bucket. It differs from any in the bucket by at most half the
   bucket's width, which is 1/128 of the least one. */
static uint64_t middle_of(struct place place)
{
    if (place.octave == 0)
        return place.sub;
    unsigned shift = place.octave - 1;
    uint64_t low = (uint64_t)(HISTOGRAM_SUBS + place.sub) << shift;
    return low + ((UINT64_C(1) << shift) - 1) / 2;
}

int histogram_pool_reserve(struct histogram_pool *pool, uint32_t n)
{
    if (n <= histogram_pool_left(pool))
        return 0;
    if (n > HISTOGRAM_BLOCKS_MAX - pool->used)
        return -E2BIG;
    uint32_t capacity = pool->capacity ? pool->capacity : CAPACITY_FIRST;
    while (capacity - pool->used < n)
        capacity *= 2;
    if (capacity > HISTOGRAM_BLOCKS_MAX)
        capacity = HISTOGRAM_BLOCKS_MAX;
    struct histogram_block *blocks = realloc(pool->blocks, (capacity + 1) * sizeof(*blocks));
    if (!blocks)
        return -ENOMEM;
    pool->blocks = blocks;
    pool->capacity = capacity;
    return 0;
}

void histogram_pool_free(struct histogram_pool *pool)
{
    free(pool->blocks);
    *pool = (struct histogram_pool){0};
}

/* The counts of an octave; NULL: the pool has no block for them. */
static uint64_t *counts_of(struct histogram *histogram, struct histogram_pool *pool,
                           unsigned octave)
{
    uint32_t *block = &histogram->blocks[octave];
    if (*block == 0) {
        if (pool->used == pool->capacity)
            return NULL;
        *block = ++pool->used;
        memset(&pool->blocks[*block], 0, sizeof(pool->blocks[*block]));
    }
    return pool->blocks[*block].counts;
}

static void add_to_sum(struct histogram *histogram, uint64_t value)
{
    if (__builtin_add_overflow(histogram->sum, value, &histogram->sum))
        histogram->sum = UINT64_MAX;
}

static void widen(struct histogram *histogram, uint64_t least, uint64_t largest)
{
    if (histogram->count == 0 || least < histogram->least)
        histogram->least = least;
    if (largest > histogram->largest)
        histogram->largest = largest;
}

void histogram_add(struct histogram *histogram, struct histogram_pool *pool, uint64_t value)
{
    struct place place = place_of(value);
    uint64_t *counts = counts_of(histogram, pool, place.octave);
    if (counts) {
        counts[place.sub]++;
        histogram->placed++;
    }
    widen(histogram, value, value);
    add_to_sum(histogram, value);
    histogram->count++;
}

void histogram_merge(struct histogram *histogram, struct histogram_pool *pool,
                     const struct histogram *from)
{
    if (from->count == 0)
        return;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        uint64_t *counts = from->blocks[octave] ? counts_of(histogram, pool, octave) : NULL;
        for (unsigned sub = 0; counts && sub < HISTOGRAM_SUBS; sub++) {
            uint64_t n = pool->blocks[from->blocks[octave]].counts[sub];
            counts[sub] += n;
            histogram->placed += n;
        }
    }
    widen(histogram, from->least, from->largest);
    add_to_sum(histogram, from->sum);
    histogram->count += from->count;
}

/* The value of that rank, from 1. */
static uint64_t find_rank(const struct histogram *histogram, const struct histogram_pool *pool,
                          uint64_t rank)
{
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        if (histogram->blocks[octave] == 0)
            continue;
        const uint64_t *counts = pool->blocks[histogram->blocks[octave]].counts;
        for (unsigned sub = 0; sub < HISTOGRAM_SUBS; sub++) {
            if (rank <= counts[sub])
                return middle_of((struct place){octave, sub});
            rank -= counts[sub];
        }
    }
    return histogram->largest;
}

uint64_t histogram_percentile(const struct histogram *histogram, const struct histogram_pool *pool,
                              unsigned percent)
{
    if (histogram->placed == 0)
        return 0;
    /* Without overflow: q hundreds and a rest. */
    uint64_t q = histogram->placed / 100, rest = histogram->placed % 100;
    uint64_t rank = q * percent + (rest * percent + 99) / 100;
    uint64_t value = find_rank(histogram, pool, rank ? rank : 1);
    return value < histogram->least     ? histogram->least
           : value > histogram->largest ? histogram->largest
                                        : value;
}
