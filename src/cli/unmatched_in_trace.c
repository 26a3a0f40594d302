/* SPDX-License-Identifier: MIT */
#include "cli/unmatched_in_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/function_pattern.h"
#include "symbols/pattern_text.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/shown_name.h"
#include "util/suggest.h"
#include "util/text.h"

enum { SHOWN_PATTERN_MAX = 200, SHOWN_FUNCTION_MAX = 150 };

struct trace_names {
    const char *before;
    size_t n;
    char **list; /* "mylib:my_traced_function" */
};

static void names_free(struct trace_names *names)
{
    for (size_t i = 0; names->list && i < names->n; i++)
        free(names->list[i]);
    free(names->list);
}

/* Out of memory: there are fewer names. */
static void names_make(struct trace_names *names, const struct function_table *functions)
{
    size_t n = function_table_count(functions);
    names->list = calloc(n + 1, sizeof(*names->list));
    for (size_t i = 0; names->list && i < n; i++) {
        const struct traced_function *function = function_table_at(functions, (uint32_t)i);
        char *name = text_format("%s:%s", function->module, function->name);
        if (name)
            names->list[names->n++] = name;
    }
}

static void put_names_like(FILE *stream, const struct trace_names *names, const char *word)
{
    struct suggestion similar;
    size_t length = strlen(word);
    /* With the colons of a scope, it is compared with all of a name, also with the module. */
    cleanup(cleanup_free) char *scoped = strchr(word, ':') ? text_format("*:%s", word) : NULL;
    if (!names->list || length > SUGGEST_NAME_MAX)
        return;
    suggest_find(&similar, scoped ? scoped : word, (const char *const *)names->list, names->n,
                 length < 4   ? 1
                 : length < 6 ? 2
                              : (unsigned)length / 3);
    for (size_t i = 0; i < similar.n; i++) {
        fputs(i == 0 ? "; similar names: " : ", ", stream);
        shown_name_write(stream, similar.names[i], SHOWN_FUNCTION_MAX);
    }
}

static void say_one(void *data, const struct unmatched_pattern *unmatched)
{
    const struct trace_names *names = data;
    const char *name = function_pattern_name(unmatched->pattern);
    const char *module = function_pattern_module(unmatched->pattern);
    cleanup(cleanup_free) char *of_glob = pattern_text_of_glob(name);
    char *words[PATTERN_WORDS_MAX], *line = NULL;
    size_t size, n = of_glob ? 0 : pattern_text_words(name, words);
    FILE *stream = open_memstream(&line, &size);
    if (stream) {
        fprintf(stream, "%sno function matches '", names->before);
        shown_name_write(stream, function_pattern_text(unmatched->pattern), SHOWN_PATTERN_MAX);
        fputc('\'', stream);
        if (of_glob) {
            fputs("; the shell pattern (glob) is '", stream);
            shown_name_write(stream, of_glob, SHOWN_PATTERN_MAX);
            if (module) {
                fputc('@', stream);
                shown_name_write(stream, module, SHOWN_PATTERN_MAX);
            }
            fputs("' as a regular expression", stream);
        }
        if (n > 0)
            put_names_like(stream, names, words[0]);
        if (fclose(stream) == 0)
            log_warning("%s", line);
    }
    for (size_t i = 0; i < n; i++)
        free(words[i]);
    free(line);
}

void unmatched_in_trace_say(const struct function_filter *select,
                            const struct function_table *functions, const char *before)
{
    struct trace_names names = {.before = before};
    if (!function_filter_has_unmatched(select))
        return;
    names_make(&names, functions);
    function_filter_unmatched(select, say_one, &names);
    names_free(&names);
}
