/* SPDX-License-Identifier: MIT */
#include "cli/trace_modules.h"

#include <string.h>

#include "analysis/trace_notes.h"
#include "util/log.h"
#include "util/text.h"

/* Without memory for it, the file of a function is not known. */
static void add_module(void *data, const char *event, const char *module)
{
    static const char suffix[] = "_entry";
    struct trace_modules *modules = data;
    size_t n = strlen(event), m = strlen(suffix);
    if (n <= m || strcmp(event + n - m, suffix) != 0)
        return;
    char *path = arena_strdup(&modules->memory, module);
    if (!path ||
        table_put(&modules->by_function, text_hash_bytes(TEXT_HASH_START, event, n - m), path) < 0)
        log_debug("out of memory");
}

void trace_modules_read(struct trace_modules *modules, const char *directory)
{
    struct error why;
    if (modules->is_read)
        return;
    modules->is_read = true;
    if (trace_notes_read_modules(directory, add_module, modules, &why) < 0)
        log_debug("%s", why.text);
}

const char *trace_modules_path(const struct trace_modules *modules, const char *provider,
                               const char *function)
{
    return table_get(&modules->by_function, text_hash_event(provider, function));
}

void trace_modules_free(struct trace_modules *modules)
{
    table_free(&modules->by_function);
    arena_free(&modules->memory);
}
