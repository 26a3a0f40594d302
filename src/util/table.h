/* SPDX-License-Identifier: MIT */
/*
 * A hash table from 64-bit keys to pointers (threads by ID, sites by address). Look-up and removal
 * do not allocate. The table does not own the values.
 */
#ifndef UTIL_TABLE_H
#define UTIL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct table_entry {
    uint64_t key;
    void *value; /* NULL: free */
};

struct table {
    struct table_entry *entries;
    size_t mask; /* number of entries - 1, a power of two; 0 while there are none */
    size_t count;
};

/* Returns the value of the key, or NULL. */
void *table_get(const struct table *table, uint64_t key);
/* Sets the value (not NULL) of the key; allocates only for a new key. -ENOMEM: the table is
   unchanged. */
MUST_CHECK int table_put(struct table *table, uint64_t key, void *value);
/* Makes room: n more keys can then be added without allocating. -ENOMEM: the table is unchanged. */
MUST_CHECK int table_reserve(struct table *table, size_t n);
/* The number of keys that can be added without allocating. */
size_t table_room(const struct table *table);
/* Removes the key. Returns its value, or NULL if there was none. */
void *table_remove(struct table *table, uint64_t key);
/* Walks all values in no particular order. Start with *position = 0; NULL at the end. Values may be
   removed during the walk: each remaining value is visited, possibly twice. If values are added,
   some may be visited twice or not at all. */
void *table_next(const struct table *table, size_t *position);
/* Frees the table, not the values. */
void table_free(struct table *table);

#endif
