/* SPDX-License-Identifier: MIT */
/*
 * Search in a sorted array of structs:
 *
 *     struct range { uint64_t low, high; } *ranges;   // n of them, ascending by low
 *     size_t behind = sorted_up_to(ranges, n, low, at);
 *     // ranges[0] to ranges[behind - 1] start at `at` or before, the others after it.
 */
#ifndef UTIL_SORTED_H
#define UTIL_SORTED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As below. `size`: of an item; `offset`: of the member in it. */
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
 * The number of items with `member` (a uint64_t) less than or equal to `value`, of n items in
 * ascending order of `member`. `items` may be NULL if n is 0.
 */
#define sorted_up_to(items, n, member, value)                                                      \
    ({                                                                                             \
        _Static_assert(_Generic((items)->member, uint64_t : 1), "another type");                   \
        sorted_up_to_raw((items), (n), sizeof(*(items)), offsetof(__typeof__(*(items)), member),   \
                         (value));                                                                 \
    })

/* As below. `size`: of an item; `offset`: of the member in it. */
static inline size_t sorted_before_raw(const void *items, size_t n, size_t size, size_t offset,
                                       const char *text)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const void *member = (const char *)items + middle * size + offset;
        if (strcmp(*(const char *const *)member, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * The number of items with `member` (a const char *) before `text` in the order of strcmp(), of n
 * items in ascending order of `member`. `items` may be NULL if n is 0.
 */
#define sorted_before(items, n, member, text)                                                      \
    ({                                                                                             \
        _Static_assert(_Generic((items)->member, const char * : 1), "another type");               \
        sorted_before_raw((items), (n), sizeof(*(items)), offsetof(__typeof__(*(items)), member),  \
                          (text));                                                                 \
    })

#endif
