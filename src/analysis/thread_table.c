/* SPDX-License-Identifier: MIT */
#include "analysis/thread_table.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Threads without open calls are forgotten when there are so many, or twice as many... */
    IDLE_THREADS_MAX = 4096,
    /* PID_MAX_LIMIT of the kernel (linux/threads.h), as a power of 2. */
    ID_BITS = 22,
    HOST_BITS = 64 - 2 * ID_BITS,
};

bool thread_is_known(const struct event_origin *origin)
{
    return origin->tid > 0 && origin->tid < 1 << ID_BITS && origin->pid >= 0 &&
           origin->pid < 1 << ID_BITS && origin->host < 1u << HOST_BITS;
}

static uint64_t thread_key(uint32_t host, pid_t pid, pid_t tid)
{
    return (uint64_t)host << (2 * ID_BITS) | (uint64_t)pid << ID_BITS | (uint64_t)tid;
}

static void set_thread(struct open_calls *calls, const struct event_origin *origin)
{
    calls->thread.host = origin->host;
    calls->thread.pid = origin->pid;
    calls->thread.tid = origin->tid;
}

static void name_thread(struct open_calls *calls, const char *name)
{
    if (strncmp(calls->thread.name, name, THREAD_NAME_SIZE - 1) == 0)
        return;
    size_t length = strnlen(name, THREAD_NAME_SIZE - 1);
    memcpy(calls->thread.name, name, length);
    calls->thread.name[length] = '\0';
}

static void forget_idle_threads(struct thread_table *table)
{
    size_t position = 0;
    table->last = NULL;
    for (struct open_calls *calls; (calls = table_next(&table->by_id, &position));) {
        const struct traced_thread *thread = &calls->thread;
        if (calls->n || calls->n_buried)
            continue;
        table_remove(&table->by_id, thread_key(thread->host, thread->pid, thread->tid));
        open_calls_free_table(calls);
        free(calls);
    }
}

static struct open_calls *find_or_make(struct thread_table *table,
                                       const struct event_origin *origin)
{
    uint64_t key = thread_key(origin->host, origin->pid, origin->tid);
    struct open_calls *calls = table_get(&table->by_id, key);
    if (calls)
        return calls;
    size_t n = table->by_id.count;
    if (n >= IDLE_THREADS_MAX && (n & (n - 1)) == 0)
        forget_idle_threads(table);
    calls = calloc(1, sizeof(*calls));
    if (!calls || table_put(&table->by_id, key, calls) < 0) {
        free(calls);
        return NULL;
    }
    set_thread(calls, origin);
    return calls;
}

struct open_calls *thread_table_get(struct thread_table *table, const struct event_origin *origin)
{
    struct open_calls *calls = table->last;
    if (!thread_is_known(origin)) {
        calls = &table->unknown;
        set_thread(calls, origin);
        calls->thread.tid = 0;
    } else if (!calls || calls->thread.tid != origin->tid || calls->thread.pid != origin->pid ||
               calls->thread.host != origin->host) {
        calls = find_or_make(table, origin);
        if (!calls)
            return NULL;
        table->last = calls;
    }
    name_thread(calls, origin->thread_name);
    return calls;
}

struct open_calls *thread_table_find(const struct thread_table *table, uint32_t host, pid_t pid,
                                     pid_t tid)
{
    const struct event_origin origin = {.host = host, .pid = pid, .tid = tid};
    return thread_is_known(&origin) ? table_get(&table->by_id, thread_key(host, pid, tid)) : NULL;
}

struct open_calls *thread_table_next(const struct thread_table *table, size_t *position)
{
    return table_next(&table->by_id, position);
}

void thread_table_free(struct thread_table *table)
{
    size_t position = 0;
    for (struct open_calls *calls; (calls = table_next(&table->by_id, &position));) {
        open_calls_free_table(calls);
        free(calls);
    }
    table_free(&table->by_id);
    open_calls_free_table(&table->unknown);
}
