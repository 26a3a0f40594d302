#include "cli/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/log.h"
#include "util/table.h"

struct tally_entry {
    const struct probe *probe;
    uint64_t entries, exits;
    uint64_t written, lost; /* records */
};

struct tally {
    struct table by_probe; /* struct probe -> struct tally_entry, owned */
};

struct tally *tally_new(void)
{
    return calloc(1, sizeof(struct tally));
}

void tally_free(struct tally *tally)
{
    if (!tally)
        return;
    struct tally_entry *entry;
    for (size_t at = 0; (entry = table_next(&tally->by_probe, &at));)
        free(entry);
    table_free(&tally->by_probe);
    free(tally);
}

void tally_add(struct tally *tally, const struct probe *probe)
{
    uint64_t key = (uintptr_t)probe;
    if (!tally || table_get(&tally->by_probe, key))
        return;
    struct tally_entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return;
    entry->probe = probe;
    if (table_put(&tally->by_probe, key, entry) < 0)
        free(entry);
}

void tally_hit(struct tally *tally, const struct hit *hit, uint64_t written, uint64_t lost)
{
    struct tally_entry *entry = tally ? table_get(&tally->by_probe, (uintptr_t)hit->probe) : NULL;
    if (!entry)
        return;
    if (hit->kind == HIT_ENTRY)
        entry->entries++;
    else
        entry->exits++;
    entry->written += written;
    entry->lost += lost;
}

/* Entries may not be asked for, and exits may be missing. */
static uint64_t calls(const struct tally_entry *entry)
{
    return entry->entries > entry->exits ? entry->entries : entry->exits;
}

static int compare_entries(const void *x, const void *y)
{
    const struct tally_entry *a = *(const struct tally_entry *const *)x;
    const struct tally_entry *b = *(const struct tally_entry *const *)y;
    if (calls(a) != calls(b))
        return calls(a) > calls(b) ? -1 : 1;
    int r = strcmp(a->probe->provider, b->probe->provider);
    return r ? r : strcmp(a->probe->function, b->probe->function);
}

void tally_report(const struct tally *tally)
{
    size_t n = 0;
    if (!tally || tally->by_probe.count == 0)
        return;
    cleanup(cleanup_free) const struct tally_entry **list =
        calloc(tally->by_probe.count, sizeof(*list));
    const struct tally_entry *entry;
    for (size_t at = 0; list && (entry = table_next(&tally->by_probe, &at));)
        if (calls(entry))
            list[n++] = entry;
    if (!list)
        return;
    if (n)
        qsort(list, n, sizeof(*list), compare_entries);
    size_t shown = n > TALLY_LINES_MAX ? TALLY_LINES_MAX : n;
    for (size_t i = 0; i < shown; i++)
        log_debug("%s:%s: %" PRIu64 " call%s, %" PRIu64 " written, %" PRIu64 " lost",
                  list[i]->probe->provider, list[i]->probe->function, calls(list[i]),
                  calls(list[i]) == 1 ? "" : "s", list[i]->written, list[i]->lost);
    uint64_t more_calls = 0, written = 0, lost = 0;
    for (size_t i = shown; i < n; i++) {
        more_calls += calls(list[i]);
        written += list[i]->written;
        lost += list[i]->lost;
    }
    if (n > shown)
        log_debug("%zu more: %" PRIu64 " calls, %" PRIu64 " written, %" PRIu64 " lost", n - shown,
                  more_calls, written, lost);
    if (tally->by_probe.count > n)
        log_debug("not called: %zu of %zu armed", tally->by_probe.count - n, tally->by_probe.count);
}
