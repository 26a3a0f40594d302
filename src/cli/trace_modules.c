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

/* A file has few names; others may claim that it has many. */
enum { OTHER_NAMES_MAX = 32 };

static void note_other_name(void *data, const struct other_name *name)
{
    struct trace_modules *modules = data;
    uint64_t key = text_hash(TEXT_HASH_START, name->module);
    const char *const *before = table_get(&modules->others, key);
    size_t n = 0;
    while (before && before[n])
        n++;
    if (n == OTHER_NAMES_MAX)
        return;
    const char **names = arena_array(&modules->memory, n + 2, sizeof(*names));
    const char *copy = names ? arena_strdup(&modules->memory, name->name) : NULL;
    if (!copy || table_put(&modules->others, key, names) < 0) {
        log_debug("out of memory");
        return;
    }
    for (size_t i = 0; i < n; i++)
        names[i] = before[i];
    names[n] = copy;
}

void trace_modules_read(struct trace_modules *modules, const char *directory)
{
    struct error why;
    if (modules->is_read)
        return;
    modules->is_read = true;
    if (trace_notes_read_modules(directory, add_module, modules, &why) < 0 ||
        trace_notes_read_other_names(directory, note_other_name, modules, &why) < 0)
        log_debug("%s", why.text);
}

struct module_names trace_modules_names(const struct trace_modules *modules, const char *provider,
                                        const char *function)
{
    const char *path = table_get(&modules->by_function, text_hash_event(provider, function));
    return (struct module_names){
        .provider = provider,
        .path = path,
        .others = path ? table_get(&modules->others, text_hash(TEXT_HASH_START, path)) : NULL,
    };
}

void trace_modules_free(struct trace_modules *modules)
{
    table_free(&modules->by_function);
    table_free(&modules->others);
    arena_free(&modules->memory);
}
