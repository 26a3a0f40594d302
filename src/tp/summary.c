/* SPDX-License-Identifier: MIT */
#include "tp/summary.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"
#include "tp/summary_calls.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

/* How much room is made: of each, half of it or more is left. What is missing while the thread that
   makes it has not run yet is counted, but not timed. */
enum { ROOM_CALLS = 4096, ROOM_THREADS = 1024, ROOM_BLOCKS = 2048 };

/* A function. Probes of one name, in two files, are one. */
struct summary_function {
    const struct probe *probe;
    uint64_t returned;
    uint64_t untimed;
};

struct summary {
    pthread_mutex_t lock;                   /* of all below */
    struct table by_probe;                  /* index + 1 */
    struct table by_name;                   /* hash of the name: index + 1 */
    VEC(struct summary_function) functions; /* the same indices as profile.rows */
    struct profile profile;
    struct summary_calls calls;

    pthread_cond_t wake;
    pthread_t grower;
    bool grows; /* the thread runs */
    bool ends;  /* it is to end */
    bool full;  /* no more room can be made */
};

struct summary *summary_new(const struct call_costs *costs)
{
    struct summary *summary = calloc(1, sizeof(*summary));
    if (!summary)
        return NULL;
    pthread_mutex_init(&summary->lock, NULL);
    pthread_cond_init(&summary->wake, NULL);
    summary->calls.costs = costs;
    summary->profile.net = costs != NULL;
    return summary;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    summary_stop(summary);
    pthread_mutex_destroy(&summary->lock);
    pthread_cond_destroy(&summary->wake);
    table_free(&summary->by_probe);
    table_free(&summary->by_name);
    vec_free(&summary->functions);
    profile_free(&summary->profile);
    summary_calls_free(&summary->calls);
    free(summary);
}

/* ---- Room */

static bool needs_room(const struct summary *summary)
{
    return summary_calls_need(&summary->calls, ROOM_CALLS, ROOM_THREADS) ||
           histogram_pool_left(&summary->profile.pool) < ROOM_BLOCKS / 2;
}

static int make_room(struct summary *summary)
{
    int r = summary_calls_reserve(&summary->calls, ROOM_CALLS, ROOM_THREADS);
    int r_blocks = profile_reserve(&summary->profile, ROOM_BLOCKS);
    return r < 0 ? r : r_blocks;
}

static void *keep_room(void *data)
{
    struct summary *summary = data;
    pthread_mutex_lock(&summary->lock);
    while (!summary->ends) {
        if (!summary->full && needs_room(summary))
            summary->full = make_room(summary) < 0;
        else
            pthread_cond_wait(&summary->wake, &summary->lock);
    }
    pthread_mutex_unlock(&summary->lock);
    return NULL;
}

int summary_start(struct summary *summary)
{
    int r = make_room(summary);
    if (r < 0)
        return r;
    r = -pthread_create(&summary->grower, NULL, keep_room, summary);
    summary->grows = r == 0;
    return r;
}

void summary_stop(struct summary *summary)
{
    if (!summary->grows)
        return;
    pthread_mutex_lock(&summary->lock);
    summary->ends = true;
    pthread_cond_signal(&summary->wake);
    pthread_mutex_unlock(&summary->lock);
    pthread_join(summary->grower, NULL);
    summary->grows = false;
}

/* ---- Functions */

/* The index of the function, or -1. */
static int64_t function_index(const struct summary *summary, const struct probe *probe)
{
    return (int64_t)(uintptr_t)table_get(&summary->by_probe, (uintptr_t)probe) - 1;
}

static int64_t find_namesake(const struct summary *summary, const struct probe *probe,
                             uint64_t hash)
{
    int64_t index = (int64_t)(uintptr_t)table_get(&summary->by_name, hash) - 1;
    if (index < 0)
        return -1;
    const struct probe *other = summary->functions.items[index].probe;
    return strcmp(other->provider, probe->provider) == 0 &&
                   strcmp(other->function, probe->function) == 0
               ? index
               : -1;
}

/* The index of the function, or a negative errno. */
static int64_t add_function(struct summary *summary, const struct probe *probe, uint64_t hash)
{
    struct summary_function *function = vec_push(&summary->functions);
    if (!function)
        return -ENOMEM;
    function->probe = probe;
    int64_t index = profile_add_row(&summary->profile);
    if (index < 0)
        summary->functions.count--;
    else if (!table_get(&summary->by_name, hash) &&
             table_put(&summary->by_name, hash, (void *)(uintptr_t)(index + 1)) < 0)
        return index; /* a namesake has a line of its own */
    return index;
}

void summary_add(struct summary *summary, const struct probe *probe)
{
    pthread_mutex_lock(&summary->lock);
    if (function_index(summary, probe) < 0) {
        uint64_t hash = text_hash_event(probe->provider, probe->function);
        int64_t index = find_namesake(summary, probe, hash);
        if (index < 0)
            index = add_function(summary, probe, hash);
        if (index >= 0 &&
            table_put(&summary->by_probe, (uintptr_t)probe, (void *)(uintptr_t)(index + 1)) < 0)
            index = -ENOMEM; /* it is not counted */
    }
    pthread_mutex_unlock(&summary->lock);
}

/* ---- Hits */

static void count_exit(struct summary *summary, const struct hit *hit, uint32_t index)
{
    struct summary_function *function = &summary->functions.items[index];
    struct summary_return returned;
    function->returned++;
    if (summary_calls_return(&summary->calls, hit, index, &returned) && returned.is_timed)
        profile_add_duration(&summary->profile, index, &returned.duration);
    else
        function->untimed++;
}

void summary_hit(struct summary *summary, const struct hit *hit)
{
    pthread_mutex_lock(&summary->lock);
    int64_t index = function_index(summary, hit->probe);
    if (index >= 0 && hit->kind == HIT_ENTRY) {
        summary->profile.rows.items[index].calls++;
        summary_calls_enter(&summary->calls, hit, (uint32_t)index);
    } else if (index >= 0) {
        count_exit(summary, hit, (uint32_t)index);
    }
    if (!summary->full && needs_room(summary))
        pthread_cond_signal(&summary->wake);
    pthread_mutex_unlock(&summary->lock);
}

void summary_measured(struct summary *summary, pid_t tid, uint64_t ns)
{
    pthread_mutex_lock(&summary->lock);
    summary_calls_measured(&summary->calls, tid, ns);
    pthread_mutex_unlock(&summary->lock);
}

void summary_dropped(struct summary *summary, const struct probe *probe, uint64_t calls)
{
    pthread_mutex_lock(&summary->lock);
    int64_t index = function_index(summary, probe);
    if (index >= 0) {
        summary->profile.rows.items[index].calls += calls;
        summary->functions.items[index].returned += calls;
        summary->functions.items[index].untimed += calls;
    }
    pthread_mutex_unlock(&summary->lock);
}

/* ---- The table */

int summary_write(const struct summary *summary, FILE *stream, enum profile_column sort,
                  const struct profile_style *style, struct summary_remarks *remarks)
{
    size_t n = 0, most = summary->functions.count;
    cleanup(arena_free) struct arena names = {0};
    cleanup(cleanup_free) struct profile_line *lines = calloc(most + 1, sizeof(*lines));
    *remarks = (struct summary_remarks){0};
    for (size_t i = 0; lines && i < most; i++) {
        const struct summary_function *function = &summary->functions.items[i];
        /* Entries may not have been wanted. */
        uint64_t entries = summary->profile.rows.items[i].calls;
        uint64_t calls = entries > function->returned ? entries : function->returned;
        if (calls == 0)
            continue;
        const char *name =
            arena_format(&names, "%s:%s", function->probe->provider, function->probe->function);
        if (!name)
            return -ENOMEM;
        lines[n] = profile_line_of(&summary->profile, i, name);
        lines[n++].values[PROFILE_CALLS] = calls;
        remarks->unreturned += calls - function->returned;
        remarks->untimed += function->untimed;
    }
    if (!lines)
        return -ENOMEM;
    profile_lines_sort(lines, n, sort);
    profile_table_write(stream, lines, n, style);
    return 0;
}
