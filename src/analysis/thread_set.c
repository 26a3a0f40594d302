/* SPDX-License-Identifier: MIT */
#include "analysis/thread_set.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static uint64_t ids_key(pid_t pid, pid_t tid)
{
    return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

int thread_set_reserve(struct thread_set *set, size_t n)
{
    struct thread_ids *items = calloc(n + 1, sizeof(*items));
    if (!items || table_reserve(&set->by_ids, n) < 0) {
        free(items);
        return -ENOMEM;
    }
    set->items = items;
    set->room = n;
    return 0;
}

void thread_set_add(struct thread_set *set, pid_t pid, pid_t tid)
{
    if (thread_set_has(set, pid, tid))
        return;
    struct thread_ids *ids = &set->items[set->count];
    if (set->count == set->room || table_put(&set->by_ids, ids_key(pid, tid), ids) < 0) {
        set->has_all = true;
        return;
    }
    *ids = (struct thread_ids){pid, tid};
    set->count++;
}

bool thread_set_has(const struct thread_set *set, pid_t pid, pid_t tid)
{
    return set->has_all || table_get(&set->by_ids, ids_key(pid, tid));
}

void thread_set_free(struct thread_set *set)
{
    free(set->items);
    table_free(&set->by_ids);
    *set = (struct thread_set){0};
}
