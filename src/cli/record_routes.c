/* SPDX-License-Identifier: MIT */
#include "cli/record_routes.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pending_hits.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/vec.h"

enum {
    PENDING_SIZE = 16 << 20,
    PENDING_ENOUGH = PENDING_SIZE / 4 * 3,
};

enum {
    SESSIONS_MAX = 64, /* that are looked at */
    STOPS_MAX = 8,     /* of a session that is not yet known */
};

/* The engine counts drops before it reports hits that were recorded before them and follow other
   drops. So many of those that it has counted are left for these hits to tell of, one each: more
   than hits can be in the rings of a process. */
static const uint64_t DROPS_LEFT = UINT64_C(1) << 16;

/* When no answer of the daemon has come after so long, records go to LTTng. */
static const uint64_t UNDECIDED_MAX_NS = 2000000000;

enum route_state { ROUTE_UNDECIDED, ROUTE_TO_TRACE, ROUTE_TO_LTTNG };

/* The session was stopped in between. */
struct session_stop {
    struct ctf_channel *channel;
    uint64_t begin_ns, end_ns;
};

struct route {
    struct record_place place;
    enum route_state state;
    struct ctf_channel *channel; /* ROUTE_TO_TRACE */
    uint64_t last_ns;            /* of its hits, the latest */
    uint64_t stopped_ns;         /* then the session was stopped; 0: never */
    /* ROUTE_UNDECIDED */
    uint64_t since_ns;
    struct session_stop stops[STOPS_MAX];
    size_t n_stops;
};

struct record_routes {
    struct record_redirect redirect;
    struct ctf_writer *writer;
    const struct backend_ops *ops;
    struct backend *backend;
    pthread_mutex_t names_lock; /* of the next two */
    struct arena texts;
    VEC(const char *) names; /* of events */
    /* Of all below. Held while a hit is recorded, and by the other thread for moments only. */
    pthread_mutex_t lock;
    struct route list[ROUTES_MAX];
    size_t count;
    size_t last; /* the route of the last hit */
    size_t n_undecided;
    struct pending_hits pending;
    uint64_t n_noted;              /* hits that traces tell of before the engine has counted them */
    uint64_t n_dropped;            /* hits that the engine has dropped and no trace tells of */
    struct hit last_hit;           /* without its pointers: when and where */
    atomic_uint_least64_t written; /* pending hits included */
    atomic_uint_least64_t lost;
};

static const char *keep_name(struct record_routes *routes, const char *name)
{
    pthread_mutex_lock(&routes->names_lock);
    const char *copy = arena_strdup(&routes->texts, name);
    const char **place = copy ? vec_push(&routes->names) : NULL;
    if (place)
        *place = copy;
    pthread_mutex_unlock(&routes->names_lock);
    return place ? copy : NULL;
}

static int add_event_to_writer(void *data, const char *name, const struct field *fields,
                               size_t n_fields)
{
    struct record_routes *routes = data;
    const char *copy = keep_name(routes, name);
    return copy ? ctf_writer_add_event(routes->writer, copy, fields, n_fields) : -ENOMEM;
}

const char **record_routes_names(struct record_routes *routes, size_t *n)
{
    pthread_mutex_lock(&routes->names_lock);
    const char **names = calloc(routes->names.count + 1, sizeof(*names));
    *n = names ? routes->names.count : 0;
    if (*n)
        memcpy(names, routes->names.items, *n * sizeof(*names));
    pthread_mutex_unlock(&routes->names_lock);
    return names;
}

/* With the lock held, no atomic read-modify-write is needed. */
static void add_count(atomic_uint_least64_t *count, uint64_t n)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static bool is_place(const struct record_place *a, const struct record_place *b)
{
    return a->session == b->session && a->channel == b->channel;
}

/* The route of the place, which may be new; NULL: there are too many. */
static struct route *route_of(struct record_routes *routes, struct record_place place,
                              const struct hit *hit)
{
    if (routes->last < routes->count && is_place(&routes->list[routes->last].place, &place))
        return &routes->list[routes->last];
    for (size_t i = 0; i < routes->count; i++)
        if (is_place(&routes->list[i].place, &place)) {
            routes->last = i;
            return &routes->list[i];
        }
    if (routes->count == ROUTES_MAX)
        return NULL;
    routes->last = routes->count;
    routes->n_undecided++;
    routes->list[routes->count] = (struct route){.place = place, .since_ns = hit->time_ns};
    return &routes->list[routes->count++];
}

static void write_to_trace(struct record_routes *routes, struct ctf_channel *channel,
                           uint32_t event, const struct hit *hit)
{
    bool written = ctf_channel_write(channel, event, hit) > 0;
    add_count(written ? &routes->written : &routes->lost, 1);
}

/* A hit that is reported when its session was stopped and started since. It was made before the
   stop, or while the session was stopped, and in the trace it would be on the wrong side. */
static void lose_late(struct record_routes *routes, const struct route *route,
                      const struct hit *hit)
{
    if (route->state == ROUTE_TO_TRACE)
        ctf_channel_note_loss(route->channel, hit, 1);
    add_count(&routes->lost, 1);
}

static bool take_record(void *data, struct record_place place, uint32_t event,
                        const struct hit *hit)
{
    struct record_routes *routes = data;
    struct route *route = route_of(routes, place, hit);
    if (!route || route->state == ROUTE_TO_LTTNG)
        return false;
    if (hit->time_ns < route->stopped_ns) {
        lose_late(routes, route, hit);
        return true;
    }
    route->last_ns = hit->time_ns > route->last_ns ? hit->time_ns : route->last_ns;
    if (route->state == ROUTE_TO_TRACE)
        write_to_trace(routes, route->channel, event, hit);
    else
        add_count(pending_hits_add(&routes->pending, place, event, hit) ? &routes->written
                                                                        : &routes->lost,
                  1);
    return true;
}

struct decision {
    struct record_routes *routes;
    const struct route *route;
    bool is_first; /* no trace has been told of the drops before the pending hits */
};

/* A trace tells of one drop. */
static void note_one(struct record_routes *routes)
{
    if (routes->n_dropped)
        routes->n_dropped--;
    else
        routes->n_noted++;
}

static void record_pending(void *data, uint32_t event, const struct hit *hit)
{
    const struct decision *decision = data;
    struct record_routes *routes = decision->routes;
    add_count(&routes->written, (uint64_t)-1);
    if (decision->route->state == ROUTE_TO_TRACE) {
        if (hit->follows_drops) {
            ctf_channel_note_loss(decision->route->channel, hit, 1);
            if (decision->is_first)
                note_one(routes);
        }
        write_to_trace(routes, decision->route->channel, event, hit);
        return;
    }
    struct hit_counts before, after;
    routes->ops->counts(routes->backend, &before);
    routes->ops->emit_in_channel(routes->backend, hit, decision->route->place.channel);
    routes->ops->counts(routes->backend, &after);
    /* The session was stopped meanwhile. */
    if (before.written == after.written && before.lost == after.lost)
        add_count(&routes->lost, 1);
}

static void decide_route(struct record_routes *routes, struct route *route,
                         struct ctf_channel *channel)
{
    struct decision decision = {routes, route, true};
    for (size_t i = 0; i < routes->count; i++)
        decision.is_first &= routes->list[i].state != ROUTE_TO_TRACE;
    route->channel = channel;
    route->state = channel ? ROUTE_TO_TRACE : ROUTE_TO_LTTNG;
    routes->n_undecided--;
    pending_hits_take(&routes->pending, &route->place, record_pending, &decision);
}

/* Whether pending hits cannot wait any longer. */
static bool must_decide(const struct record_routes *routes, const struct hit *hit)
{
    if (routes->pending.used > PENDING_ENOUGH)
        return true;
    for (size_t i = 0; i < routes->count; i++)
        if (routes->list[i].state == ROUTE_UNDECIDED &&
            hit->time_ns > routes->list[i].since_ns + UNDECIDED_MAX_NS)
            return true;
    return false;
}

/* All traces tell of n drops before the hit, whatever it is recorded in: those that were dropped
   may have belonged there. Returns whether there is one. */
static bool note_drops(struct record_routes *routes, const struct hit *hit, uint64_t n)
{
    bool is_noted = false;
    for (size_t i = 0; i < routes->count; i++)
        if (routes->list[i].state == ROUTE_TO_TRACE) {
            ctf_channel_note_loss(routes->list[i].channel, hit, n);
            is_noted = true;
        }
    return is_noted;
}

/* The hit follows drops. How many they were may become known later. */
static void note_gap(struct record_routes *routes, const struct hit *hit)
{
    uint64_t more = routes->n_dropped > DROPS_LEFT ? routes->n_dropped - DROPS_LEFT : 0;
    if (!note_drops(routes, hit, 1 + more))
        return;
    routes->n_dropped -= more;
    note_one(routes);
}

void record_routes_dropped(struct record_routes *routes, uint64_t n)
{
    pthread_mutex_lock(&routes->lock);
    uint64_t noted = n < routes->n_noted ? n : routes->n_noted;
    routes->n_noted -= noted;
    routes->n_dropped += n - noted;
    pthread_mutex_unlock(&routes->lock);
}

void record_routes_end(struct record_routes *routes)
{
    pthread_mutex_lock(&routes->lock);
    if (routes->n_dropped && note_drops(routes, &routes->last_hit, routes->n_dropped))
        routes->n_dropped = 0;
    pthread_mutex_unlock(&routes->lock);
}

void record_routes_hit(struct record_routes *routes, const struct hit *hit)
{
    pthread_mutex_lock(&routes->lock);
    if (hit->follows_drops)
        note_gap(routes, hit);
    routes->last_hit.time_ns = hit->time_ns;
    routes->last_hit.cpu = hit->cpu;
    if (routes->n_undecided && must_decide(routes, hit))
        for (size_t i = 0; i < routes->count; i++)
            if (routes->list[i].state == ROUTE_UNDECIDED)
                decide_route(routes, &routes->list[i], NULL);
    routes->ops->emit(routes->backend, hit);
    pthread_mutex_unlock(&routes->lock);
}

void record_routes_count(const struct record_routes *routes, struct hit_counts *counts)
{
    counts->written += atomic_load_explicit(&routes->written, memory_order_relaxed);
    counts->lost += atomic_load_explicit(&routes->lost, memory_order_relaxed);
}

size_t record_routes_list(struct record_routes *routes, struct route_view *views)
{
    pthread_mutex_lock(&routes->lock);
    size_t count = routes->count;
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &routes->list[i];
        views[i] = (struct route_view){.place = route->place,
                                       .is_decided = route->state != ROUTE_UNDECIDED,
                                       .is_lttngs = route->state == ROUTE_TO_LTTNG,
                                       .since_ns = route->since_ns};
    }
    pthread_mutex_unlock(&routes->lock);
    return count;
}

/* To be called without the lock: it may wait. */
static void note_stops(const struct session_stop *stops, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ctf_channel_note_stop(stops[i].channel, stops[i].begin_ns, stops[i].end_ns);
}

void record_routes_decide(struct record_routes *routes, struct record_place place,
                          struct ctf_channel *channel)
{
    struct session_stop stops[STOPS_MAX];
    size_t n = 0;
    pthread_mutex_lock(&routes->lock);
    for (size_t i = 0; i < routes->count; i++) {
        struct route *route = &routes->list[i];
        if (!is_place(&route->place, &place) || route->state != ROUTE_UNDECIDED)
            continue;
        decide_route(routes, route, channel);
        for (n = 0; channel && n < route->n_stops; n++) {
            stops[n] = route->stops[n];
            stops[n].channel = channel;
        }
    }
    pthread_mutex_unlock(&routes->lock);
    note_stops(stops, n);
}

/* The latest hit of the session, in any of its channels. */
static uint64_t last_of_session(const struct record_routes *routes, const void *session)
{
    uint64_t last_ns = 0;
    for (size_t i = 0; i < routes->count; i++)
        if (routes->list[i].place.session == session && routes->list[i].last_ns > last_ns)
            last_ns = routes->list[i].last_ns;
    return last_ns;
}

/* Notes that the route's session was stopped since its last hit. */
static void stop_route(struct record_routes *routes, struct route *route, uint64_t last_ns,
                       uint64_t now_ns, struct session_stop *stops, size_t *n)
{
    const struct session_stop stop = {route->channel, last_ns, now_ns};
    if (route->state == ROUTE_TO_TRACE)
        stops[(*n)++] = stop;
    else if (route->n_stops < STOPS_MAX)
        route->stops[route->n_stops++] = stop;
    else
        decide_route(routes, route, NULL);
    route->stopped_ns = now_ns;
}

void record_routes_before_change(struct record_routes *routes)
{
    const void *active[SESSIONS_MAX];
    struct session_stop stops[ROUTES_MAX];
    size_t n = 0;
    /* A session of another daemon may start meanwhile: the time is one before its first hit. */
    uint64_t now_ns = clock_now_ns();
    size_t n_active = routes->ops->sessions(routes->backend, active, SESSIONS_MAX);
    pthread_mutex_lock(&routes->lock);
    for (size_t i = 0; i < routes->count && n_active < SESSIONS_MAX; i++) {
        struct route *route = &routes->list[i];
        uint64_t last_ns = last_of_session(routes, route->place.session);
        bool records =
            route->state == ROUTE_TO_LTTNG || last_ns <= route->stopped_ns || last_ns >= now_ns;
        for (size_t j = 0; j < n_active && !records; j++)
            records = active[j] == route->place.session;
        if (!records)
            stop_route(routes, route, last_ns, now_ns, stops, &n);
    }
    pthread_mutex_unlock(&routes->lock);
    note_stops(stops, n);
}

void record_routes_forget(struct record_routes *routes, const void *session)
{
    pthread_mutex_lock(&routes->lock);
    for (size_t i = 0; i < routes->count;) {
        struct route *route = &routes->list[i];
        if (route->place.session != session) {
            i++;
            continue;
        }
        if (route->state == ROUTE_UNDECIDED)
            decide_route(routes, route, NULL);
        *route = routes->list[--routes->count];
    }
    pthread_mutex_unlock(&routes->lock);
}

const struct record_redirect *record_routes_redirect(const struct record_routes *routes)
{
    return &routes->redirect;
}

void record_routes_set_backend(struct record_routes *routes, const struct backend_ops *ops,
                               struct backend *backend)
{
    routes->ops = ops;
    routes->backend = backend;
}

int record_routes_new(struct ctf_writer *writer, struct record_routes **result)
{
    struct record_routes *routes = calloc(1, sizeof(*routes));
    if (!routes)
        return -ENOMEM;
    int r = pending_hits_init(&routes->pending, PENDING_SIZE);
    if (r < 0) {
        free(routes);
        return r;
    }
    routes->writer = writer;
    routes->redirect = (struct record_redirect){routes, add_event_to_writer, take_record};
    pthread_mutex_init(&routes->names_lock, NULL);
    pthread_mutex_init(&routes->lock, NULL);
    *result = routes;
    return 0;
}

void record_routes_free(struct record_routes *routes)
{
    if (!routes)
        return;
    pending_hits_destroy(&routes->pending);
    arena_free(&routes->texts);
    vec_free(&routes->names);
    pthread_mutex_destroy(&routes->names_lock);
    pthread_mutex_destroy(&routes->lock);
    free(routes);
}
