/* SPDX-License-Identifier: MIT */
#include "cli/traced_sessions.h"

#include <errno.h>
#include <stdlib.h>

#include "util/cleanup.h"
#include "util/log.h"

int session_listing_read(const struct traced_sessions *sessions, struct session_listing *listing)
{
    return sessions->ops->list(sessions->session, &listing->list, &listing->n);
}

void session_listing_free(struct session_listing *listing)
{
    free(listing->list);
}

bool session_listings_are_equal(const struct session_listing *a, const struct session_listing *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!traced_session_is(&a->list[i], &b->list[i]) ||
            a->list[i].is_started != b->list[i].is_started)
            return false;
    return true;
}

static const struct listed_session *find_listed(const struct session_listing *listing,
                                                const struct listed_session *id)
{
    for (size_t i = 0; i < listing->n; i++)
        if (traced_session_is(&listing->list[i], id))
            return &listing->list[i];
    return NULL;
}

struct traced_session *traced_sessions_find(const struct traced_sessions *sessions,
                                            const struct listed_session *id)
{
    for (size_t i = 0; i < sessions->list.count; i++) {
        struct traced_session *traced = sessions->list.items[i];
        if (!traced->is_gone && traced_session_is(&traced->id, id))
            return traced;
    }
    return NULL;
}

struct traced_session *traced_sessions_at(const struct traced_sessions *sessions,
                                          const void *address)
{
    for (size_t i = 0; i < sessions->list.count; i++) {
        struct traced_session *traced = sessions->list.items[i];
        if (!traced->is_gone && traced->address == address)
            return traced;
    }
    return NULL;
}

struct traced_session *traced_sessions_add(struct traced_sessions *sessions,
                                           const struct listed_session *id)
{
    struct traced_session *traced = traced_sessions_find(sessions, id);
    if (traced)
        return traced;
    struct traced_session **place = vec_push(&sessions->list);
    if (!place)
        return NULL;
    traced = *place = traced_session_new(id);
    if (!traced)
        sessions->list.count--;
    return traced;
}

int traced_sessions_inspect(const struct traced_sessions *sessions, const struct listed_session *id,
                            struct session_view *view)
{
    struct error err;
    size_t n;
    cleanup(cleanup_free) const char **names = record_routes_names(sessions->routes, &n);
    const struct session_names ours = {names, n, n};
    return names ? sessions->ops->inspect(sessions->session, id->name, &ours, view, &err) : -ENOMEM;
}

/* Decides the session's routes that are not decided. Their trace is made only now: a session from
   which no hit comes has none. */
static void decide_routes(struct traced_sessions *sessions, struct traced_session *traced)
{
    struct route_view views[ROUTES_MAX];
    struct error err;
    size_t n = record_routes_list(sessions->routes, views);
    for (size_t i = 0; i < n; i++) {
        struct ctf_channel *channel = NULL;
        if (views[i].is_decided || views[i].place.session != traced->address)
            continue;
        if (!traced->is_lttngs &&
            traced_session_channel(traced, sessions->writer, &traced->view, &channel, &err) < 0)
            traced_session_leave_to_lttng(traced, err.text);
        record_routes_decide(sessions->routes, views[i].place, channel);
    }
}

void traced_sessions_match(struct traced_sessions *sessions, const void *address,
                           const struct listed_session *id, const struct session_view *view)
{
    struct traced_session *traced = traced_sessions_add(sessions, id);
    if (!traced)
        return;
    if (traced->address && traced->address != address)
        record_routes_forget(sessions->routes, traced->address);
    traced->address = address;
    traced->id.is_started = id->is_started;
    traced->view = *view;
    decide_routes(sessions, traced);
}

/* Whether the session has a trace, and an undecided route. */
static bool has_new_channel(const struct traced_session *traced, const struct route_view *views,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!views[i].is_decided && views[i].place.session == traced->address)
            return traced->trace != NULL;
    return false;
}

void traced_sessions_match_channels(struct traced_sessions *sessions)
{
    struct route_view views[ROUTES_MAX];
    size_t n = record_routes_list(sessions->routes, views);
    for (size_t i = 0; i < sessions->list.count; i++) {
        struct traced_session *traced = sessions->list.items[i];
        struct session_view view;
        if (traced->is_gone || !traced->address)
            continue;
        /* The channel may have been made since, with other contexts. */
        if (has_new_channel(traced, views, n) &&
            traced_sessions_inspect(sessions, &traced->id, &view) == 0 && view.wanted_us)
            traced->view = view;
        decide_routes(sessions, traced);
    }
}

void traced_sessions_note_states(struct traced_sessions *sessions,
                                 const struct session_listing *listing)
{
    struct error err;
    for (size_t i = 0; i < sessions->list.count; i++) {
        struct traced_session *traced = sessions->list.items[i];
        if (traced->is_gone)
            continue;
        const struct listed_session *found = find_listed(listing, &traced->id);
        bool was_started = traced->id.is_started;
        traced->id.is_started = found && found->is_started;
        if (was_started && !traced->id.is_started) {
            decide_routes(sessions, traced);
            traced_session_flush(traced);
        }
        if (found)
            continue;
        traced->is_gone = true;
        if (traced->address)
            record_routes_forget(sessions->routes, traced->address);
        if (traced_session_close(traced, &err) < 0)
            log_debug("%s", err.text);
    }
}

void traced_sessions_free(struct traced_sessions *sessions)
{
    for (size_t i = 0; i < sessions->list.count; i++)
        traced_session_free(sessions->list.items[i]);
    vec_free(&sessions->list);
}
