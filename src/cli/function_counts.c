/* SPDX-License-Identifier: MIT */
#include "cli/function_counts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/log.h"
#include "util/table.h"

struct function_count {
    const struct probe *probe;
    uint64_t entries, exits;
    uint64_t written, lost; /* records */
};

struct function_counts {
    struct table by_probe; /* struct probe -> struct function_count, owned */
};

struct function_counts *function_counts_new(void)
{
    return calloc(1, sizeof(struct function_counts));
}

void function_counts_free(struct function_counts *counts)
{
    if (!counts)
        return;
    struct function_count *entry;
    for (size_t at = 0; (entry = table_next(&counts->by_probe, &at));)
        free(entry);
    table_free(&counts->by_probe);
    free(counts);
}

void function_counts_add(struct function_counts *counts, const struct probe *probe)
{
    uint64_t key = (uintptr_t)probe;
    if (!counts || table_get(&counts->by_probe, key))
        return;
    struct function_count *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return;
    entry->probe = probe;
    if (table_put(&counts->by_probe, key, entry) < 0)
        free(entry);
}

void function_counts_hit(struct function_counts *counts, const struct hit *hit, uint64_t written,
                         uint64_t lost)
{
    struct function_count *entry =
        counts ? table_get(&counts->by_probe, (uintptr_t)hit->probe) : NULL;
    if (!entry)
        return;
    if (hit->kind == HIT_ENTRY)
        entry->entries++;
    else
        entry->exits++;
    entry->written += written;
    entry->lost += lost;
}

void function_counts_dropped(struct function_counts *counts, const struct probe *probe,
                             uint64_t calls, uint64_t lost)
{
    struct function_count *entry = counts ? table_get(&counts->by_probe, (uintptr_t)probe) : NULL;
    if (!entry)
        return;
    entry->entries += calls;
    entry->exits += lost > calls ? lost - calls : 0;
    entry->lost += lost;
}

/* Sessions may have entries or exits disabled, and exits may be missing. */
static uint64_t count_calls(const struct function_count *entry)
{
    return entry->entries > entry->exits ? entry->entries : entry->exits;
}

static int compare_entries(const void *x, const void *y)
{
    const struct function_count *a = *(const struct function_count *const *)x;
    const struct function_count *b = *(const struct function_count *const *)y;
    if (count_calls(a) != count_calls(b))
        return count_calls(a) > count_calls(b) ? -1 : 1;
    int r = strcmp(a->probe->provider, b->probe->provider);
    return r ? r : strcmp(a->probe->function, b->probe->function);
}

void function_counts_report(const struct function_counts *counts)
{
    size_t n = 0;
    if (!counts || counts->by_probe.count == 0)
        return;
    cleanup(cleanup_free) const struct function_count **list =
        calloc(counts->by_probe.count, sizeof(*list));
    const struct function_count *entry;
    for (size_t at = 0; list && (entry = table_next(&counts->by_probe, &at));)
        if (count_calls(entry))
            list[n++] = entry;
    if (!list)
        return;
    if (n)
        qsort(list, n, sizeof(*list), compare_entries);
    size_t shown = n > FUNCTION_LINES_MAX ? FUNCTION_LINES_MAX : n;
    for (size_t i = 0; i < shown; i++)
        log_debug("%s:%s: %" PRIu64 " call%s, %" PRIu64 " written, %" PRIu64 " lost",
                  list[i]->probe->provider, list[i]->probe->function, count_calls(list[i]),
                  count_calls(list[i]) == 1 ? "" : "s", list[i]->written, list[i]->lost);
    uint64_t more_calls = 0, written = 0, lost = 0;
    for (size_t i = shown; i < n; i++) {
        more_calls += count_calls(list[i]);
        written += list[i]->written;
        lost += list[i]->lost;
    }
    if (n > shown)
        log_debug("%zu more: %" PRIu64 " calls, %" PRIu64 " written, %" PRIu64 " lost", n - shown,
                  more_calls, written, lost);
    if (counts->by_probe.count > n)
        log_debug("not called: %zu of %zu armed", counts->by_probe.count - n,
                  counts->by_probe.count);
}
