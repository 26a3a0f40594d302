/* SPDX-License-Identifier: MIT */
#include "cli/trace_sources.h"

#include <string.h>

#include "analysis/trace_notes.h"
#include "util/log.h"
#include "util/text.h"

/* Without memory for it, the place of a function is not known. */
static void note_source(void *data, const char *event, const char *file, unsigned line)
{
    static const char suffix[] = "_entry";
    struct trace_sources *sources = data;
    size_t n = strlen(event), m = strlen(suffix);
    if (n <= m || strcmp(event + n - m, suffix) != 0)
        return;
    uint64_t key = text_hash_bytes(TEXT_HASH_START, event, n - m);
    struct function_source *source = arena_alloc(&sources->memory, sizeof(*source));
    if (!source || !(source->file = arena_strdup(&sources->memory, file)) ||
        table_put(&sources->by_function, key, source) < 0)
        log_debug("out of memory");
    else
        source->line = line;
}

void trace_sources_read(struct trace_sources *sources, const char *directory)
{
    struct error why;
    if (trace_notes_read_sources(directory, note_source, sources, &why) < 0)
        log_debug("%s", why.text);
}

const struct function_source *trace_sources_find(const struct trace_sources *sources,
                                                 const char *provider, const char *function)
{
    return table_get(&sources->by_function, text_hash_event(provider, function));
}

void trace_sources_free(struct trace_sources *sources)
{
    table_free(&sources->by_function);
    arena_free(&sources->memory);
}
