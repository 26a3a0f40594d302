/* SPDX-License-Identifier: MIT */
#include "symbols/function_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/function_pattern.h"
#include "util/cleanup.h"
#include "util/vec.h"

struct filter_pattern {
    struct function_pattern *pattern;
    const char *file; /* NULL: not of a file */
    unsigned line;
    bool matched, reported;
};

struct function_filter {
    VEC(struct filter_pattern) included;
    VEC(struct filter_pattern) excluded;
};

int function_filter_new(struct function_filter **filter)
{
    *filter = calloc(1, sizeof(**filter));
    return *filter ? 0 : -ENOMEM;
}

void function_filter_free(struct function_filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->included.count; i++)
        function_pattern_free(filter->included.items[i].pattern);
    for (size_t i = 0; i < filter->excluded.count; i++)
        function_pattern_free(filter->excluded.items[i].pattern);
    vec_free(&filter->included);
    vec_free(&filter->excluded);
    free(filter);
}

/* `file` must live as long as the filter; NULL: none. */
static int add_pattern(struct function_filter *filter, const char *text, bool exclude,
                       const char *file, unsigned line, struct error *err)
{
    struct function_pattern *pattern;
    int r = function_pattern_parse(text, &pattern, err);
    if (r < 0)
        return r;
    struct filter_pattern *added =
        exclude ? vec_push(&filter->excluded) : vec_push(&filter->included);
    if (!added) {
        function_pattern_free(pattern);
        return error_set(err, -ENOMEM, "out of memory");
    }
    added->pattern = pattern;
    added->file = file;
    added->line = line;
    return 0;
}

int function_filter_add(struct function_filter *filter, const char *text, bool exclude,
                        struct error *err)
{
    return add_pattern(filter, text, exclude, NULL, 0, err);
}

int function_filter_add_file(struct function_filter *filter, const char *path, struct error *err)
{
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    if (!file) {
        int code = -errno;
        return error_set(err, code, "cannot read the pattern file %s: %s", path, strerror(-code));
    }

    cleanup(cleanup_free) char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    errno = 0;
    for (unsigned number = 1; (length = getline(&line, &capacity, file)) >= 0; number++) {
        if (strlen(line) != (size_t)length)
            return error_set(err, -EINVAL, "%s:%u: a NUL byte: this is not a text file", path,
                             number);
        char *start = line + strspn(line, " \t\r\n");
        char *end = line + length;
        while (end > start && strchr(" \t\r\n", end[-1]))
            *--end = '\0';
        if (!*start || *start == '#')
            continue;
        bool exclude = *start == '!';
        if (exclude)
            start += 1 + strspn(start + 1, " \t");

        struct error inner = {0};
        int r = add_pattern(filter, start, exclude, path, number, &inner);
        if (r == -EINVAL || r == -E2BIG)
            return error_set(err, r, "%s:%u: %s", path, number, inner.text);
        if (r < 0)
            return r;
        errno = 0;
    }
    if (ferror(file)) {
        int code = errno ? -errno : -EIO;
        return error_set(err, code, "cannot read the pattern file %s: %s", path, strerror(-code));
    }
    return 0;
}

bool function_filter_is_explicit(const struct function_filter *filter)
{
    return filter->included.count > 0;
}

/* Whether the path is below /lib, /usr/lib or similar directories (/usr/lib64, /usr/libexec), which
   belong to the distribution. /usr/local belongs to the administrator. */
static bool is_system_path(const char *path)
{
    static const char *const directories[] = {
        "/lib/",     "/lib32/",     "/lib64/",     "/libx32/",     "/libexec/",
        "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/usr/libx32/", "/usr/libexec/",
    };
    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
        if (strncmp(path, directories[i], strlen(directories[i])) == 0)
            return true;
    return false;
}

bool function_filter_module(const struct function_filter *filter, const struct module_names *module,
                            bool is_program)
{
    if (!function_filter_is_explicit(filter))
        return is_program || !is_system_path(module->path);
    for (size_t i = 0; i < filter->included.count; i++)
        if (function_pattern_matches_module(filter->included.items[i].pattern, module))
            return true;
    return false;
}

/* `included`: without a pattern. `is_unnamed`: only patterns for such functions include it. */
static bool filter_names(const struct function_filter *filter, const struct printed_name *names,
                         size_t n_names, const struct module_names *module, bool included,
                         bool is_unnamed)
{
    /* Every matching pattern is marked, so that none is reported as unmatched because another one
       came first. */
    for (size_t i = 0; i < filter->included.count; i++) {
        struct filter_pattern *included_by = &filter->included.items[i];
        if (included && included_by->matched)
            continue;
        if (is_unnamed ? !function_pattern_matches_unnamed(included_by->pattern, names, module)
                       : !function_pattern_matches(included_by->pattern, names, n_names, module))
            continue;
        included_by->matched = true;
        included = true;
    }
    if (!included)
        return false;
    for (size_t i = 0; i < filter->excluded.count; i++)
        if (function_pattern_matches(filter->excluded.items[i].pattern, names, n_names, module))
            return false;
    return true;
}

bool function_filter_function(const struct function_filter *filter,
                              const struct printed_name *names, size_t n_names,
                              const struct module_names *module, bool is_program, bool whole_module)
{
    bool included = whole_module || (!function_filter_is_explicit(filter) &&
                                     (is_program || !is_system_path(module->path)));
    return filter_names(filter, names, n_names, module, included, false);
}

bool function_filter_names_unnamed(const struct function_filter *filter,
                                   const struct module_names *module)
{
    for (size_t i = 0; i < filter->included.count; i++)
        if (function_pattern_names_unnamed(filter->included.items[i].pattern, module))
            return true;
    return false;
}

bool function_filter_unnamed(const struct function_filter *filter, const struct printed_name *name,
                             const struct module_names *module, bool by_rule)
{
    return filter_names(filter, name, 1, module, by_rule, true);
}

bool function_filter_may_be_event(const struct function_filter *filter,
                                  const struct printed_name *names, size_t n_names,
                                  const struct module_names *module)
{
    for (size_t i = 0; i < filter->included.count; i++)
        if (function_pattern_may_be_event(filter->included.items[i].pattern, names, n_names,
                                          module))
            return true;
    for (size_t i = 0; i < filter->excluded.count; i++)
        if (function_pattern_may_be_event(filter->excluded.items[i].pattern, names, n_names,
                                          module))
            return true;
    return false;
}

bool function_filter_event(const struct function_filter *filter, const char *name,
                           const struct module_names *module, bool is_included)
{
    for (size_t i = 0; i < filter->included.count; i++) {
        struct filter_pattern *included_by = &filter->included.items[i];
        if (!function_pattern_is_event(included_by->pattern, name, module))
            continue;
        included_by->matched = true;
        is_included = true;
    }
    for (size_t i = 0; i < filter->excluded.count && is_included; i++)
        is_included = !function_pattern_is_event(filter->excluded.items[i].pattern, name, module);
    return is_included;
}

bool function_filter_names_modules(const struct function_filter *filter)
{
    bool names_module = false;
    for (size_t i = 0; i < filter->included.count; i++)
        names_module |= function_pattern_names_module(filter->included.items[i].pattern);
    for (size_t i = 0; i < filter->excluded.count; i++)
        names_module |= function_pattern_names_module(filter->excluded.items[i].pattern);
    return names_module;
}

void function_filter_unmatched(const struct function_filter *filter,
                               void (*report)(void *data,
                                              const struct unmatched_pattern *unmatched),
                               void *data)
{
    for (size_t i = 0; i < filter->included.count; i++) {
        struct filter_pattern *included = &filter->included.items[i];
        if (included->matched || included->reported)
            continue;
        included->reported = true;
        report(data,
               &(struct unmatched_pattern){included->pattern, included->file, included->line});
    }
}

bool function_filter_has_unmatched(const struct function_filter *filter)
{
    for (size_t i = 0; i < filter->included.count; i++)
        if (!filter->included.items[i].matched)
            return true;
    return false;
}
