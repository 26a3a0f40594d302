/* SPDX-License-Identifier: MIT */
/*
 * A growing array of any element type:
 *
 *     VEC(struct map) maps = {0};
 *     struct map *m = vec_push(&maps);   // NULL: out of memory; the element is zeroed
 *     for (size_t i = 0; i < maps.count; i++) use(&maps.items[i]);
 *     vec_free(&maps);
 *
 * The vector owns the array, not what elements point to. A push may move the array: pointers to
 * elements are valid until the next push.
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

/* Returns room for one more element of `size` bytes, zeroed; NULL, with the vector unchanged, if
   memory is out. */
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
