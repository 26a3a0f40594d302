/* SPDX-License-Identifier: MIT */
/*
 * An arena: many small allocations that are freed together. Probes and all that they point to are
 * in their catalog's arena, so that they are constant data without owners.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *last;
};

/* Returns `size` zeroed bytes, aligned for any type, valid until arena_free(). NULL: out of memory.
   A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
/* Returns room for n elements. NULL: out of memory, or n * size overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size);
/* Return copies of strings. NULL: out of memory. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

#endif
