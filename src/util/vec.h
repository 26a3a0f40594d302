/* SPDX-License-Identifier: MIT */
/*
 * A growing array of any element type:
 *
 *     VEC(struct map) maps = {0};
 *     struct map *m = vec_push(&maps);   // NULL when memory is out; the element is zeroed
 *     for (size_t i = 0; i < maps.count; i++) use(&maps.items[i]);
 *     vec_free(&maps);
 *
 * The vector owns the array; what elements point to is the caller's. Pushing may move the array,
 * so pointers to elements live until the next push.
 */
#ifndef UTIL_VEC_H
#define UTIL_VEC_H

#include <stddef.h>
#include <stdlib.h>

#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }

/* Room for one more element of `size` bytes, zeroed, or NULL with the vector unchanged. */
void *vec_push_raw(void **items, size_t *count, size_t *capacity, size_t size);

#define vec_push(vec)                                                                              \
    ((__typeof__((vec)->items))vec_push_raw((void **)&(vec)->items, &(vec)->count,                 \
                                            &(vec)->capacity, sizeof(*(vec)->items)))

#define vec_free(vec)                                                                              \
    do {                                                                                           \
        free((vec)->items);                                                                        \
        (vec)->items = NULL;                                                                       \
        (vec)->count = (vec)->capacity = 0;                                                        \
    } while (0)

#endif
