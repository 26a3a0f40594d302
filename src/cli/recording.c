/* SPDX-License-Identifier: MIT */
/* What the session and the back end are told of candidates. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/timed_call.h"
#include "cli/tracer.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

enum {
    HELD_MS = 3000,
    STOPPING_MS = 300, /* once the tracer is to let go */
};

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

/* What the session is told. */
struct telling {
    struct tracer *tracer;
    char **names;
    size_t n, n_selected;
    bool begins;
};

static void telling_free(void *data)
{
    struct telling *telling = data;
    free_names(telling->names, telling->n);
    free(telling);
}

static int tell(void *data, struct error *err)
{
    struct telling *telling = data;
    struct tracer *tracer = telling->tracer;
    const char *const *names = (const char *const *)telling->names;
    const struct session_names named = {names, telling->n, telling->n_selected};
    return telling->begins ? tracer->session_ops->begin(tracer->session, &named, err)
                           : tracer->session_ops->extend(tracer->session, names, telling->n, err);
}

/* The program is stopped meanwhile, and so not for longer than a daemon that is well may need. */
static bool is_held_too_long(struct tracer *tracer, int64_t waited_ms, struct error *err)
{
    (void)waited_ms;
    int64_t silent_ms = tracer->session_ops->silent_ms(tracer->session);
    if (!timed_call_is_pending(tracer) &&
        silent_ms < (atomic_load(&tracer->stop_asked) ? STOPPING_MS : HELD_MS))
        return false;
    error_set(err, -EINPROGRESS, "LTTng's session daemon does not answer");
    return true;
}

/* The names become the telling's. */
static int tell_session(struct tracer *tracer, char **names, size_t n, size_t n_selected,
                        bool begins, struct error *err)
{
    struct telling *telling = calloc(1, sizeof(*telling));
    if (!telling) {
        free_names(names, n);
        return error_set(err, -ENOMEM, "out of memory");
    }
    *telling = (struct telling){tracer, names, n, n_selected, begins};
    const struct timed_call errand = {tell, telling, telling_free, is_held_too_long};
    return timed_call_run(tracer, &errand, err);
}

/* The probes that are selected come first. */
static int begin_session(struct tracer *tracer, const struct probe *const *probes, size_t n,
                         size_t n_selected, struct error *err)
{
    size_t count;
    char **names = event_names(tracer, probes, n, &count);
    size_t a_probe = tracer->options->entry_only ? 1 : 2;
    if (!names || count != n * a_probe) {
        free_names(names, count);
        return error_set(err, -ENOMEM, "out of memory");
    }
    int r = tell_session(tracer, names, count, n_selected * a_probe, true, err);
    if (r == -EINPROGRESS)
        error_set(err, r, "LTTng's session daemon does not answer: nothing is traced");
    return r;
}

static int extend_session(struct tracer *tracer, const struct probe *const *probes, size_t n,
                          struct error *err)
{
    size_t count;
    char **names = event_names(tracer, probes, n, &count);
    if (!names)
        return error_set(err, -ENOMEM, "out of memory");
    int r = tell_session(tracer, names, count, count, false, err);
    if (r != -EINPROGRESS)
        return r;
    if (!tracer->pending_told)
        log_warning("LTTng's session daemon does not answer: what is loaded from now on is "
                    "recorded when it does");
    tracer->pending_told = true;
    return 0;
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
