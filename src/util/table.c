/* SPDX-License-Identifier: MIT */
#include "util/table.h"

#include <errno.h>
#include <stdlib.h>

enum { TABLE_FIRST_SIZE = 64 };

/* Multiplication by 2^64 over the golden ratio spreads keys that differ in a few bits. */
static size_t home_of(uint64_t key, size_t mask)
{
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & mask;
}

void *table_get(const struct table *table, uint64_t key)
{
    if (table->count == 0)
        return NULL;
    for (size_t i = home_of(key, table->mask); table->entries[i].value; i = (i + 1) & table->mask)
        if (table->entries[i].key == key)
            return table->entries[i].value;
    return NULL;
}

static void insert_entry(struct table_entry *entries, size_t mask, uint64_t key, void *value)
{
    size_t i = home_of(key, mask);
    while (entries[i].value)
        i = (i + 1) & mask;
    entries[i] = (struct table_entry){key, value};
}

/* How many entries of a table of `size` may be in use. */
static size_t most_used(size_t size)
{
    return size / 4 * 3;
}

size_t table_room(const struct table *table)
{
    return table->entries ? most_used(table->mask + 1) - table->count : 0;
}

int table_reserve(struct table *table, size_t n)
{
    size_t old_size = table->entries ? table->mask + 1 : 0, size = old_size;
    if (size == 0)
        size = TABLE_FIRST_SIZE;
    while (most_used(size) < table->count + n)
        size *= 2;
    if (size == old_size)
        return 0;
    struct table_entry *entries = calloc(size, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    for (size_t i = 0; i < old_size; i++)
        if (table->entries[i].value)
            insert_entry(entries, size - 1, table->entries[i].key, table->entries[i].value);
    free(table->entries);
    table->entries = entries;
    table->mask = size - 1;
    return 0;
}

int table_put(struct table *table, uint64_t key, void *value)
{
    if (table->count > 0) {
        size_t i = home_of(key, table->mask);
        while (table->entries[i].value && table->entries[i].key != key)
            i = (i + 1) & table->mask;
        if (table->entries[i].value) {
            table->entries[i].value = value;
            return 0;
        }
    }
    int r = table_room(table) > 0 ? 0 : table_reserve(table, 1);
    if (r < 0)
        return r;
    insert_entry(table->entries, table->mask, key, value);
    table->count++;
    return 0;
}

void *table_remove(struct table *table, uint64_t key)
{
    if (table->count == 0)
        return NULL;
    size_t hole = home_of(key, table->mask);
    while (table->entries[hole].value && table->entries[hole].key != key)
        hole = (hole + 1) & table->mask;
    void *value = table->entries[hole].value;
    if (!value)
        return NULL;
    /* Close the gap: a later entry moves into the hole unless its home is after the hole. So no
       search ends too early, and there are no tombstones. */
    for (size_t i = (hole + 1) & table->mask; table->entries[i].value; i = (i + 1) & table->mask) {
        size_t home = home_of(table->entries[i].key, table->mask);
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
            table->entries[hole] = table->entries[i];
            hole = i;
        }
    }
    table->entries[hole].value = NULL;
    table->count--;
    return value;
}

/* table_remove() fills a gap with a later entry of the same run. So the walk goes backwards,
   starting at a free entry: an entry that is moved was visited before, or stays in the part to be
   visited. */
void *table_next(const struct table *table, size_t *position)
{
    enum { STEPS_BITS = 32 };
    size_t start = *position >> STEPS_BITS, steps = *position & UINT32_MAX;
    void *value = NULL;
    if (!table->entries)
        return NULL;
    if (start == 0) {
        while (table->entries[start].value)
            start++;
        start++; /* 0 means that the walk has not started */
    }
    while (!value && steps < table->mask)
        value = table->entries[(start - 1 - ++steps) & table->mask].value;
    *position = start << STEPS_BITS | steps;
    return value;
}

void table_free(struct table *table)
{
    free(table->entries);
    *table = (struct table){0};
}
