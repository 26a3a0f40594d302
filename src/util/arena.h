/* SPDX-License-Identifier: MIT */
/*
 * An arena: many small things that are freed together. What a probe points to lies in its
 * catalog's arena, so that probes are plain constant data without owners.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *last;
};

/* `size` zeroed bytes, aligned for any type, that live until arena_free(); NULL when memory is out.
   A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
/* Room for n elements; NULL also when n * size overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size);
/* Copies of strings; NULL when memory is out. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

#endif
