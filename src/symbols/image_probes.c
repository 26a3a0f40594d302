/* SPDX-License-Identifier: MIT */
/* The selected functions of an image, and their probes. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "model/probe.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "symbols/unnamed_functions.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/vec.h"

enum { NAMES_PER_ALIAS = 4 };

/* A selected function of which programs that are linked today get another version. */
struct chosen_function {
    struct function *function;
    const struct alias *alias; /* that names it */
    bool is_included;          /* by its names */
    bool by_event;             /* its name in events decides */
};

struct selection {
    const struct function_filter *filter;
    struct module_names module;
    bool is_program;
    unsigned rules;
    VEC(struct printed_name) names; /* of one function; reused for the next one */
    VEC(struct chosen_function) old;
    VEC(const struct probe *) probes;
};

/* The names by which a user may know the function. */
static size_t alias_names(const struct alias *alias, struct printed_name *names)
{
    const struct function_name *name = &alias->name;
    size_t n = 0;
    names[n++] = (struct printed_name){name->name, name->parameters, alias->value};
    if (strcmp(name->base, name->name) != 0)
        names[n++] = (struct printed_name){name->base, name->parameters, alias->value};
    if (name->long_base)
        names[n++] = (struct printed_name){name->long_base, name->long_parameters, alias->value};
    if (strcmp(name->symbol, name->name) != 0)
        names[n++] = (struct printed_name){name->symbol, NULL, alias->value};
    return n;
}

static bool is_selected(struct selection *selection, const struct printed_name *names, size_t n)
{
    return function_filter_function(selection->filter, names, n, &selection->module,
                                    selection->is_program, selection->rules & IMAGE_WHOLE);
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

static int add_probe(struct selection *selection, struct image *image, struct function *function,
                     const struct alias *alias)
{
    const struct probe **probe = vec_push(&selection->probes);
    return !probe                    ? -ENOMEM
           : image_is_stopped(image) ? -ECANCELED
                                     : probe_make(image, function, alias, probe);
}

/* All functions of one name get their names in events in the order of their addresses, so that
   these do not depend on what is selected. */
static int add_chosen(struct selection *selection, struct image *image,
                      const struct chosen_function *chosen)
{
    int r = add_probe(selection, image, chosen->function, chosen->alias);
    if (r < 0 || !chosen->by_event)
        return r;
    const char *event = selection->probes.items[selection->probes.count - 1]->entry_event;
    cleanup(cleanup_free) char *name = strndup(event, strlen(event) - strlen("_entry"));
    if (!name)
        return -ENOMEM;
    if (!function_filter_event(selection->filter, name, &selection->module, chosen->is_included))
        selection->probes.count--;
    return 0;
}

/*
 * An old version of a function has the name of the one that took its place: that gets the name
 * first.
 */
static int add_named_probes(struct selection *selection, struct image *image)
{
    int r = 0;
    for (size_t i = 0; i < image->functions.count && r == 0; i++) {
        struct function *function = &image->functions.items[i];
        struct chosen_function chosen = {.function = function};
        r = choose_alias(selection, image, function, &chosen.alias);
        if (r < 0)
            continue;
        chosen.is_included = chosen.alias != NULL;
        chosen.by_event = function_filter_may_be_event(selection->filter, selection->names.items,
                                                       selection->names.count, &selection->module);
        if (!chosen.is_included && !chosen.by_event)
            continue;
        if (!chosen.alias)
            chosen.alias = &image->aliases.items[function->first];
        if (!chosen.alias->is_old) {
            r = add_chosen(selection, image, &chosen);
            continue;
        }
        struct chosen_function *old = vec_push(&selection->old);
        if (old)
            *old = chosen;
        r = old ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < selection->old.count && r == 0; i++)
        r = add_chosen(selection, image, &selection->old.items[i]);
    return r;
}

static int add_unnamed_probes(struct selection *selection, struct image *image)
{
    struct unnamed_functions *unnamed = atomic_load_explicit(&image->unnamed, memory_order_relaxed);
    int r = 0;
    for (size_t i = 0; i < unnamed->n && r == 0; i++) {
        struct unnamed_function *one = &unnamed->list[i];
        const struct printed_name name = {.name = one->name, .entry = one->function.entry};
        if (function_filter_unnamed(selection->filter, &name, &selection->module,
                                    selection->rules & IMAGE_UNNAMED))
            r = add_probe(selection, image, &one->function,
                          &image->aliases.items[one->function.first]);
    }
    return r;
}

/* Without symbols nothing is known of what a static program makes of SIGTRAP, and of its threads'
   CPUs: its C library is in it (cli/target_watch.c). */
static bool is_refused(struct image *image, bool is_program)
{
    if (!is_program || image->file.interpreter || image->symbols.has_symtab)
        return false;
    if (!image->unnamed_refused)
        log_warning("the functions of %s without a symbol are not traced: it is static, so that "
                    "its C library's functions for signals are not known either",
                    image->path);
    image->unnamed_refused = true;
    return true;
}

static int compare_probes(const void *x, const void *y)
{
    const struct probe *a = *(const struct probe *const *)x;
    const struct probe *b = *(const struct probe *const *)y;
    return a->entry.value < b->entry.value ? -1 : a->entry.value > b->entry.value;
}

static int select_probes(struct selection *selection, struct image *image, struct error *err)
{
    bool with_unnamed = selection->rules & IMAGE_UNNAMED ||
                        function_filter_names_unnamed(selection->filter, &selection->module);
    int r = image_make_functions(image, err);
    with_unnamed = with_unnamed && r == 0 && !is_refused(image, selection->is_program);
    if (r == 0 && with_unnamed)
        r = image_make_unnamed(image, err);
    if (r < 0)
        return r;
    if (selection->rules != IMAGE_UNNAMED)
        r = add_named_probes(selection, image);
    if (r == 0 && with_unnamed)
        r = add_unnamed_probes(selection, image);
    if (r == 0 && (with_unnamed || selection->old.count) && selection->probes.count)
        qsort(selection->probes.items, selection->probes.count, sizeof(*selection->probes.items),
              compare_probes);
    return r < 0 ? error_set(err, r, "cannot make the probes of %s: %s", image->path, strerror(-r))
                 : 0;
}

int image_probes(struct image *image, const struct function_filter *filter, bool is_program,
                 unsigned rules, const struct probe ***probes, size_t *n, struct error *err)
{
    struct selection selection = {
        .filter = filter, .module = image_names(image), .is_program = is_program, .rules = rules};
    pthread_mutex_lock(&image->catalog->lock);
    int r = select_probes(&selection, image, err);
    image_close(image);
    pthread_mutex_unlock(&image->catalog->lock);
    vec_free(&selection.names);
    vec_free(&selection.old);
    if (r < 0)
        vec_free(&selection.probes);
    *probes = selection.probes.items;
    *n = selection.probes.count;
    return r;
}
