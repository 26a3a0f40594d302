/* SPDX-License-Identifier: MIT */
/* A set of threads by their IDs, of a fixed size: adding one allocates nothing. */
#ifndef ANALYSIS_THREAD_SET_H
#define ANALYSIS_THREAD_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/error.h"
#include "util/table.h"

struct thread_ids {
    pid_t pid, tid;
};

/* All zero is an empty one, without room. */
struct thread_set {
    struct thread_ids *items;
    size_t count, room;
    struct table by_ids;
    bool has_all; /* there was no room for one more: each thread counts as one of the set */
};

/* Room for n threads. -ENOMEM: the set is as before. Once. */
MUST_CHECK int thread_set_reserve(struct thread_set *set, size_t n);
void thread_set_add(struct thread_set *set, pid_t pid, pid_t tid);
bool thread_set_has(const struct thread_set *set, pid_t pid, pid_t tid);
void thread_set_free(struct thread_set *set);

#endif
