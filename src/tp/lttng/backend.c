/* SPDX-License-Identifier: MIT */
/* The exports of libptrace_tracer_lttng.so: registers probes as tracepoints and records hits. */
#include "tp/lttng/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/field.h"
#include "tp/lttng/blocking_limit.h"
#include "tp/lttng/emit.h"
#include "tp/lttng/tracepoint_state.h"
#include "tp/lttng/ust_identity.h"
#include "tp/record_redirect.h"
#include "util/cleanup.h"
#include "util/table.h"
#include "util/text.h"

/*
 * While a session is active, liblttng-ust reports each new event of a batch to the session daemon
 * under its own lock. The daemon drops an application that does not answer for five seconds
 * (lttng-sessiond(8), LTTNG_APP_SOCKET_TIMEOUT). A batch of this size takes half a second. Smaller
 * batches cost more: each makes liblttng-ust match all events with all rules.
 */
enum { BATCH_MAX = 5000 };

/* The events of a probe; NULL: not registered. */
struct probe_events {
    const struct event *entry;
    const struct event *exit;
};

/* Memory that is freed with the back end. */
struct block {
    struct block *next;
    struct probe_events items[];
};

struct backend {
    bool entry_only;
    struct tracepoint_states states;
    struct event_enums enums;
    struct table by_probe; /* struct probe -> struct probe_events */
    struct table by_name;  /* hash of provider and name -> list of struct event */
    struct block *blocks;
    struct blocking_limit limit;
    struct emit_state emission;
};

/* An event to register. */
struct pending {
    const struct probe *probe;
    const struct event **place; /* receives its event */
    struct event_request request;
    struct pending *twin; /* an earlier one of the same name, whose event it shares; or NULL */
    size_t index;         /* of its event in the batch, without a twin */
    struct pending *same_hash;
};

static const struct event *find_event(const struct backend *backend, const char *provider,
                                      const char *name)
{
    const struct event *event = table_get(&backend->by_name, text_hash_event(provider, name));
    while (event && (strcmp(event->tracepoint->provider_name, provider) != 0 ||
                     strcmp(event->tracepoint->event_name, name) != 0))
        event = event->same_hash;
    return event;
}

static int backend_open(unsigned log_level, bool entry_only, const struct record_redirect *redirect,
                        struct backend **result, struct error *err)
{
    log_set_level(log_level);
    struct backend *backend = calloc(1, sizeof(*backend));
    if (!backend)
        return error_set(err, -ENOMEM, "out of memory");
    backend->emission.identity = ust_identity_new();
    backend->emission.limit = &backend->limit;
    backend->emission.redirect = redirect;
    if (!backend->emission.identity) {
        free(backend);
        return error_set(err, -ENOMEM, "out of memory");
    }
    backend->entry_only = entry_only;
    tracepoint_states_init(&backend->states);
    *result = backend;
    return 0;
}

/* A table of names holds a list for each hash. */
static struct pending *find_pending(const struct table *names, const char *provider,
                                    const char *name)
{
    struct pending *p = table_get(names, text_hash_event(provider, name));
    while (p && strcmp(p->request.name, name) != 0)
        p = p->same_hash;
    return p;
}

/* Whether the event is to be registered, or shares one that is. An event that was registered before
   is stored in *p->place. */
static bool admit(const struct backend *backend, const struct table *names, struct pending *p)
{
    struct error why = {0};
    const char *provider = p->probe->provider, *name = p->request.name;
    const struct field *fields = NULL;
    size_t n_fields = 0;
    if (event_check(provider, name, p->request.fields, p->request.n_fields, &why) < 0)
        goto refuse;
    const struct event *registered = find_event(backend, provider, name);
    p->twin = find_pending(names, provider, name);
    if (!registered && !p->twin)
        return true;
    fields = registered ? registered->fields : p->twin->request.fields;
    n_fields = registered ? registered->n_fields : p->twin->request.n_fields;
    if (!field_lists_equal(fields, n_fields, p->request.fields, p->request.n_fields)) {
        error_set(&why, -EEXIST, "another function of that name has other fields");
        goto refuse;
    }
    if (registered)
        *p->place = registered;
    return !registered;
refuse:
    log_warning("event %s:%s is left out: %s", provider, name, why.text);
    return false;
}

/* Adds the events of a batch to the table of names. */
static int note_names(struct backend *backend, struct event_batch *batch)
{
    for (size_t i = 0; i < batch->n_events; i++) {
        struct event *event = &batch->events[i];
        uint64_t key =
            text_hash_event(event->tracepoint->provider_name, event->tracepoint->event_name);
        event->same_hash = table_get(&backend->by_name, key);
        if (table_put(&backend->by_name, key, event) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Tells the redirect of an event. */
static void offer_event(const struct backend *backend, struct event *event)
{
    const struct record_redirect *redirect = backend->emission.redirect;
    cleanup(cleanup_free) char *name =
        text_format("%s:%s", event->tracepoint->provider_name, event->tracepoint->event_name);
    event->redirect_number =
        name ? redirect->add_event(redirect->data, name, event->fields, event->n_fields) : -ENOMEM;
}

/* Registers those of the n pending events, all of one provider, that LTTng accepts. */
static int add_provider(struct backend *backend, struct pending *pending, size_t n)
{
    cleanup(table_free) struct table names = {0};
    cleanup(cleanup_free) struct event_request *requests = calloc(n, sizeof(*requests));
    cleanup(cleanup_free) struct pending **admitted = calloc(n, sizeof(*admitted));
    if (!requests || !admitted)
        return -ENOMEM;
    size_t n_requests = 0, n_admitted = 0;
    for (size_t i = 0; i < n; i++) {
        struct pending *p = &pending[i];
        if (!admit(backend, &names, p))
            continue;
        admitted[n_admitted++] = p;
        if (p->twin)
            continue;
        p->index = n_requests;
        requests[n_requests++] = p->request;
        uint64_t key = text_hash_event(p->probe->provider, p->request.name);
        p->same_hash = table_get(&names, key);
        if (table_put(&names, key, p) < 0)
            return -ENOMEM;
    }
    if (n_requests == 0)
        return 0;
    struct event_batch *batch;
    int rc =
        event_batch_new(pending->probe->provider, requests, n_requests, &backend->enums, &batch);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n_requests && backend->emission.redirect; i++)
        offer_event(backend, &batch->events[i]);
    tracepoint_states_add(&backend->states, batch);
    for (size_t i = 0; i < n_admitted; i++) {
        const struct pending *p = admitted[i]->twin ? admitted[i]->twin : admitted[i];
        *admitted[i]->place = &batch->events[p->index];
    }
    return note_names(backend, batch);
}

static int compare_provider(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    int order = strcmp(x->probe->provider, y->probe->provider);
    if (order == 0) /* the caller's order */
        order = x->place < y->place ? -1 : x->place > y->place;
    return order;
}

/* The events of the new probes, unordered; *n_pending receives their number. NULL: out of memory.
   The caller frees. */
static struct pending *collect_events(struct backend *backend, const struct probe *const *probes,
                                      size_t n, size_t *n_pending)
{
    struct block *block = calloc(1, sizeof(*block) + n * sizeof(block->items[0]));
    struct pending *pending = calloc(2 * n, sizeof(*pending));
    *n_pending = 0;
    if (!block || !pending) {
        free(block);
        free(pending);
        return NULL;
    }
    block->next = backend->blocks;
    backend->blocks = block;
    for (size_t i = 0; i < n; i++) {
        const struct probe *probe = probes[i];
        struct probe_events *events = &block->items[i];
        if (table_get(&backend->by_probe, (uintptr_t)probe))
            continue;
        if (table_put(&backend->by_probe, (uintptr_t)probe, events) < 0) {
            free(pending);
            return NULL;
        }
        if (probe->entry_event)
            pending[(*n_pending)++] =
                (struct pending){.probe = probe,
                                 .place = &events->entry,
                                 .request = {probe->entry_event, probe->n_args, probe->args}};
        if (probe->exit_event && !backend->entry_only)
            pending[(*n_pending)++] =
                (struct pending){.probe = probe,
                                 .place = &events->exit,
                                 .request = {probe->exit_event, probe->n_rets, probe->rets}};
    }
    return pending;
}

static int backend_add(struct backend *backend, const struct probe *const *probes, size_t n,
                       struct error *err)
{
    size_t n_pending;
    if (n == 0)
        return 0;
    cleanup(cleanup_free) struct pending *pending = collect_events(backend, probes, n, &n_pending);
    if (!pending)
        return error_set(err, -ENOMEM, "out of memory");
    qsort(pending, n_pending, sizeof(*pending), compare_provider);
    for (size_t start = 0, end; start < n_pending; start = end) {
        const char *provider = pending[start].probe->provider;
        for (end = start + 1; end < n_pending && end - start < BATCH_MAX; end++)
            if (strcmp(pending[end].probe->provider, provider) != 0)
                break;
        int rc = add_provider(backend, pending + start, end - start);
        if (rc < 0)
            return error_set(err, rc, "cannot register the events of %s: %s", provider,
                             strerror(-rc));
    }
    return 0;
}

static unsigned backend_wanted(const struct backend *backend, const struct probe *probe)
{
    const struct probe_events *events = table_get(&backend->by_probe, (uintptr_t)probe);
    if (!events)
        return 0;
    return (events->entry && event_is_wanted(events->entry) ? HIT_ENTRY : 0) |
           (events->exit && event_is_wanted(events->exit) ? HIT_EXIT : 0);
}

static uint64_t backend_generation(struct backend *backend)
{
    return tracepoint_states_generation(&backend->states);
}

/* The event of the hit, or NULL. */
static const struct event *event_of(const struct backend *backend, const struct hit *hit)
{
    const struct probe_events *events = table_get(&backend->by_probe, (uintptr_t)hit->probe);
    if (!events)
        return NULL;
    return hit->kind == HIT_ENTRY ? events->entry : events->exit;
}

static void backend_emit(struct backend *backend, const struct hit *hit)
{
    const struct event *event = event_of(backend, hit);
    if (event)
        emit_hit(&backend->emission, event, hit);
}

static void backend_emit_in_channel(struct backend *backend, const struct hit *hit,
                                    const void *channel)
{
    const struct event *event = event_of(backend, hit);
    if (event)
        emit_hit_in_channel(&backend->emission, event, hit, channel);
}

static size_t backend_sessions(struct backend *backend, const void **sessions, size_t max)
{
    return tracepoint_states_sessions(&backend->states, sessions, max);
}

static void backend_counts(const struct backend *backend, struct hit_counts *counts)
{
    const struct emit_counts *emitted = &backend->emission.counts;
    *counts = (struct hit_counts){
        .written = emit_count(&emitted->written),
        .lost = emit_count(&emitted->lost),
        .triggered = emit_count(&emitted->triggered),
    };
}

static void backend_close(struct backend *backend)
{
    if (!backend)
        return;
    tracepoint_states_free(&backend->states);
    ust_identity_free(backend->emission.identity);
    event_enums_free(&backend->enums);
    table_free(&backend->by_probe);
    table_free(&backend->by_name);
    while (backend->blocks) {
        struct block *block = backend->blocks;
        backend->blocks = block->next;
        free(block);
    }
    free(backend);
}

extern const struct backend_ops backend_lttng_ops;
__attribute__((visibility("default"))) const struct backend_ops backend_lttng_ops = {
    .open = backend_open,
    .add = backend_add,
    .wanted = backend_wanted,
    .generation = backend_generation,
    .emit = backend_emit,
    .counts = backend_counts,
    .close = backend_close,
    .emit_in_channel = backend_emit_in_channel,
    .sessions = backend_sessions,
};
