/* SPDX-License-Identifier: MIT */
/*
 * Where a number belongs in a sorted array of structs:
 *
 *     struct range { uint64_t low, high; } *ranges;   // n of them, ascending by low
 *     size_t behind = sorted_up_to(ranges, n, low, at);
 *     // ranges[0] to ranges[behind - 1] begin at `at` or before, the others after it.
 */
#ifndef UTIL_SORTED_H
#define UTIL_SORTED_H

#include <stddef.h>
#include <stdint.h>

/* As below; an item takes `size` bytes, and the member is `offset` bytes into it. */
static inline size_t sorted_up_to_raw(const void *items, size_t n, size_t size, size_t offset,
                                      uint64_t value)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const void *member = (const char *)items + middle * size + offset;
        if (*(const uint64_t *)member <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * How many of the n items, ascending by `member` (a uint64_t), have one that is not above `value`.
 * `items` may be NULL when n is 0.
 */
#define sorted_up_to(items, n, member, value)                                                      \
    ({                                                                                             \
        _Static_assert(_Generic((items)->member, uint64_t : 1), "another type");                   \
        sorted_up_to_raw((items), (n), sizeof(*(items)), offsetof(__typeof__(*(items)), member),   \
                         (value));                                                                 \
    })

#endif
