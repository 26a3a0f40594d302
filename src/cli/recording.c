/* What the session and the back end are told of candidates. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tracer.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

/* The full event names of n probes: "mylib:my_traced_function_entry". An array of *count strings,
   which are the caller's as well; NULL when memory is out. */
static char **event_names(const struct tracer *tracer, const struct probe *const *probes, size_t n,
                          size_t *count)
{
    char **names = calloc(2 * n + 1, sizeof(*names));
    *count = 0;
    for (size_t i = 0; names && i < n; i++) {
        names[*count] = text_format("%s:%s", probes[i]->provider, probes[i]->entry_event);
        *count += names[*count] != NULL;
        if (tracer->options->entry_only)
            continue;
        names[*count] = text_format("%s:%s", probes[i]->provider, probes[i]->exit_event);
        *count += names[*count] != NULL;
    }
    return names;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

static int begin_session(struct tracer *tracer, const struct probe *const *probes, size_t n,
                         size_t n_selected, struct error *err)
{
    struct session_names named = {0};
    size_t count, count_selected;
    char **selected = event_names(tracer, probes, n_selected, &count_selected);
    char **others = event_names(tracer, probes + n_selected, n - n_selected, &count);
    cleanup(cleanup_free) const char **all = calloc(count + count_selected + 1, sizeof(*all));
    int r = selected && others && all ? 0 : error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; r == 0 && i < count + count_selected; i++)
        all[i] = i < count_selected ? selected[i] : others[i - count_selected];
    if (r == 0) {
        named = (struct session_names){all, count + count_selected, count_selected};
        pthread_mutex_lock(&tracer->lock);
        r = tracer->session_ops->begin(tracer->session, &named, err);
        pthread_mutex_unlock(&tracer->lock);
    }
    free_names(selected, count_selected);
    free_names(others, count);
    return r;
}

static int extend_session(struct tracer *tracer, const struct probe *const *probes, size_t n,
                          struct error *err)
{
    size_t count;
    char **names = event_names(tracer, probes, n, &count);
    if (!names)
        return error_set(err, -ENOMEM, "out of memory");
    pthread_mutex_lock(&tracer->lock);
    int r = tracer->session_ops->extend(tracer->session, (const char *const *)names, count, err);
    pthread_mutex_unlock(&tracer->lock);
    free_names(names, count);
    return r;
}

void tracer_register(struct tracer *tracer, const struct probe *const *probes, size_t n,
                     bool selected)
{
    struct error err;
    if (!tracer->backend || n == 0)
        return;
    struct table *known = selected ? &tracer->selected : &tracer->only_named;
    cleanup(cleanup_free) const struct probe **fresh = calloc(n, sizeof(*fresh));
    size_t count = 0;
    for (size_t i = 0; fresh && i < n; i++) {
        uint64_t key = (uint64_t)(uintptr_t)probes[i];
        if (table_get(&tracer->selected, key) || table_get(&tracer->only_named, key))
            continue;
        if (table_put(known, key, (void *)probes[i]) == 0)
            fresh[count++] = probes[i];
    }
    /* The session first: see struct backend_ops. Before it has begun, tracer_begin() does it. */
    if (count == 0 || !tracer->begun)
        return;
    if ((selected && extend_session(tracer, fresh, count, &err) < 0) ||
        tracer->backend_ops->add(tracer->backend, fresh, count, &err) < 0)
        log_warning("%s", err.text);
}

void tracer_begin(struct tracer *tracer)
{
    struct error err;
    if (!tracer->backend || tracer->begun || tracer->failed)
        return;
    size_t n = 0, n_selected = 0;
    cleanup(cleanup_free) const struct probe **probes =
        calloc(tracer->selected.count + tracer->only_named.count + 1, sizeof(*probes));
    const struct probe *probe;
    for (size_t at = 0; probes && (probe = table_next(&tracer->selected, &at));)
        probes[n++] = probe;
    n_selected = n;
    for (size_t at = 0; probes && (probe = table_next(&tracer->only_named, &at));)
        probes[n++] = probe;
    if (!probes) {
        error_set(&err, -ENOMEM, "out of memory");
        tracer_fail(tracer, &err);
        return;
    }
    if (begin_session(tracer, probes, n, n_selected, &err) < 0 ||
        tracer->backend_ops->add(tracer->backend, probes, n, &err) < 0) {
        tracer_fail(tracer, &err);
        return;
    }
    tracer->begun = true;
}

bool tracer_is_named(struct tracer *tracer, const char *provider)
{
    if (!tracer->backend)
        return false;
    pthread_mutex_lock(&tracer->lock);
    bool named = tracer->session_ops->names_provider(tracer->session, provider);
    bool known = false;
    for (size_t i = 0; i < tracer->left_out.count && !known; i++) {
        known = strcmp(tracer->left_out.items[i], provider) == 0;
        if (known && named)
            tracer->left_out.items[i] = tracer->left_out.items[--tracer->left_out.count];
    }
    if (!named && !known) {
        const char **place = vec_push(&tracer->left_out);
        if (place)
            *place = provider; /* the catalog's, which outlives the attendant */
    }
    pthread_mutex_unlock(&tracer->lock);
    return named;
}
