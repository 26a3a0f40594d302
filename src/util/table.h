/* SPDX-License-Identifier: MIT */
/*
 * A hash table from a 64-bit key to a pointer: threads by ID, sites by address. Looking up and
 * removing never allocate; the table does not own what it points to.
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

/* The value of the key, or NULL. */
void *table_get(const struct table *table, uint64_t key);
/* Sets the value (not NULL) of the key. -ENOMEM leaves the table as it was. */
MUST_CHECK int table_put(struct table *table, uint64_t key, void *value);
/* Forgets the key and returns its value, or NULL when there was none. */
void *table_remove(struct table *table, uint64_t key);
/* Walks all values in no order: start with *position = 0; NULL at the end. Values may be removed
   meanwhile: those that stay are met, and those that were met before others were removed perhaps
   twice. When values are put, others may be met twice or not at all. */
void *table_next(const struct table *table, size_t *position);
/* Frees the table, not the values. */
void table_free(struct table *table);

#endif
