/* SPDX-License-Identifier: MIT */
/* The threads that events are of, with their open calls. */
#ifndef ANALYSIS_THREAD_TABLE_H
#define ANALYSIS_THREAD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/event_source.h"
#include "analysis/open_calls.h"
#include "util/table.h"

/* All zero is an empty one. */
struct thread_table {
    struct table by_id;        /* (host, pid, tid) -> struct open_calls */
    struct open_calls *last;   /* the one that was asked for last, or NULL */
    struct open_calls unknown; /* of all events whose thread is not known */
};

/* Whether the event tells its thread. IDs that no kernel gives are as good as none. */
bool thread_is_known(const struct event_origin *origin);

/* The thread of an event; made if it is new. NULL: out of memory. Threads without open calls may be
   forgotten to make room. */
struct open_calls *thread_table_get(struct thread_table *table, const struct event_origin *origin);

/* The thread with these IDs; NULL: no event of it was met, or it has no open calls. */
struct open_calls *thread_table_find(const struct thread_table *table, uint32_t host, pid_t pid,
                                     pid_t tid);

/* Walks all, in no particular order; start with *position = 0, NULL at the end. */
struct open_calls *thread_table_next(const struct thread_table *table, size_t *position);

/* Frees the table, not the open calls. */
void thread_table_free(struct thread_table *table);

#endif
