/* SPDX-License-Identifier: MIT */
/* The selected functions of an image, and their probes. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "model/probe.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/error.h"
#include "util/vec.h"

enum { NAMES_PER_ALIAS = 3 };

struct selection {
    const struct function_filter *filter;
    struct module_names module;
    bool is_program, whole_module;
    VEC(struct printed_name) names; /* of one function; reused for the next one */
};

/* The names by which a user may know the function. */
static size_t alias_names(const struct alias *alias, struct printed_name *names)
{
    const struct function_name *name = &alias->name;
    size_t n = 0;
    names[n++] = (struct printed_name){name->name, name->parameters};
    if (strcmp(name->base, name->name) != 0)
        names[n++] = (struct printed_name){name->base, name->parameters};
    if (strcmp(name->symbol, name->name) != 0)
        names[n++] = (struct printed_name){name->symbol, NULL};
    return n;
}

static bool is_selected(struct selection *selection, const struct printed_name *names, size_t n)
{
    return function_filter_function(selection->filter, names, n, &selection->module,
                                    selection->is_program, selection->whole_module);
}

/* *chosen: the alias that a pattern matched, or the best one; NULL when the function is not
   selected. */
static int choose_alias(struct selection *selection, const struct image *image,
                        const struct function *function, const struct alias **chosen)
{
    *chosen = NULL;
    const struct alias *aliases = image->aliases.items + function->first;
    selection->names.count = 0;
    for (size_t i = 0; i < function->n; i++) {
        struct printed_name names[NAMES_PER_ALIAS];
        size_t n = alias_names(&aliases[i], names);
        for (size_t k = 0; k < n; k++) {
            struct printed_name *name = vec_push(&selection->names);
            if (!name)
                return -ENOMEM;
            *name = names[k];
        }
    }
    /* All its names together: if one is excluded, the function is. */
    if (!is_selected(selection, selection->names.items, selection->names.count))
        return 0;
    *chosen = &aliases[0];
    if (function->n == 1 || !function_filter_is_explicit(selection->filter))
        return 0;
    for (size_t i = 0; i < function->n; i++) {
        struct printed_name names[NAMES_PER_ALIAS];
        size_t n = alias_names(&aliases[i], names);
        if (function_filter_function(selection->filter, names, n, &selection->module,
                                     selection->is_program, false)) {
            *chosen = &aliases[i];
            return 0;
        }
    }
    return 0;
}

static int find_probes(struct image *image, const struct function_filter *filter, bool is_program,
                       bool whole_module, const struct probe ***result, size_t *n,
                       struct error *err)
{
    *result = NULL;
    *n = 0;
    int r = image_make_functions(image, err);
    if (r < 0) {
        image_close(image);
        return r;
    }

    struct selection selection = {
        .filter = filter,
        .module = image_names(image),
        .is_program = is_program,
        .whole_module = whole_module,
    };
    VEC(const struct probe *) probes = {0};
    for (size_t i = 0; i < image->functions.count && r == 0; i++) {
        struct function *function = &image->functions.items[i];
        const struct alias *alias;
        r = choose_alias(&selection, image, function, &alias);
        if (r < 0 || !alias)
            continue;
        const struct probe **probe = vec_push(&probes);
        r = !probe                    ? -ENOMEM
            : image_is_stopped(image) ? -ECANCELED
                                      : probe_make(image, function, alias, probe);
    }
    vec_free(&selection.names);
    image_close(image);
    if (r < 0) {
        vec_free(&probes);
        return error_set(err, r, "cannot make the probes of %s: %s", image->path, strerror(-r));
    }
    *result = probes.items;
    *n = probes.count;
    return 0;
}

int image_probes(struct image *image, const struct function_filter *filter, bool is_program,
                 bool whole_module, const struct probe ***probes, size_t *n, struct error *err)
{
    pthread_mutex_lock(&image->catalog->lock);
    int r = find_probes(image, filter, is_program, whole_module, probes, n, err);
    pthread_mutex_unlock(&image->catalog->lock);
    return r;
}
