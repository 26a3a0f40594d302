/* SPDX-License-Identifier: MIT */
#include "cli/in_process_traces.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cli/traced_session.h"
#include "cli/traced_sessions.h"
#include "tp/ctf/ctf_trace.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/vec.h"

enum { SESSIONS_MAX = 64 /* of liblttng-ust's, that are looked at */ };

/* After so long, what cannot be told apart goes to LTTng. A session that is just being started is
   not yet complete. */
static const uint64_t MATCH_MAX_NS = 100000000;

enum {
    /* A session that is just being started is not complete yet: it is looked at again when
       something changes, and for so many polls after. */
    TRIES = 5,
    LAST_TRIES = 4,
    AWAIT_MS = 100,
};

struct in_process_traces {
    struct traced_sessions sessions;
    const struct backend_ops *backend_ops;
    struct backend *backend;
    atomic_uint_least64_t generation; /* of the back end, for which somebody waits or has waited */
    uint64_t generation_seen;         /* by the last poll */
    pthread_mutex_t lock;             /* of the next two */
    pthread_cond_t polled;
    uint64_t generation_matched; /* whose sessions are all matched, or cannot be */
    unsigned tries_left;
    bool is_chosen_matched;
    bool is_finished;
};

/* Of what LTTng got because it could not be matched: forgets sessions that record no more, as their
   addresses may be used again. */
static void forget_unmatched(struct in_process_traces *traces, const struct route_view *views,
                             size_t n)
{
    const void *active[SESSIONS_MAX];
    size_t n_active = 0;
    bool looked = false;
    for (size_t i = 0; i < n; i++) {
        const void *address = views[i].place.session;
        if (!views[i].is_lttngs || traced_sessions_at(&traces->sessions, address))
            continue;
        if (!looked)
            n_active = traces->backend_ops->sessions(traces->backend, active, SESSIONS_MAX);
        looked = true;
        bool is_active = n_active == SESSIONS_MAX;
        for (size_t j = 0; j < n_active && !is_active; j++)
            is_active = active[j] == address;
        if (!is_active)
            record_routes_forget(traces->sessions.routes, address);
    }
}

/* What is not matched, on either side. */
struct unmatched_sides {
    /* Addresses of sessions that record our events now; of those that do not, but have pending
       hits. */
    const void *active[SESSIONS_MAX], *past[ROUTES_MAX];
    size_t n_active, n_past;
    const void *matched[SESSIONS_MAX]; /* active ones that are matched */
    size_t n_matched;
    /* The daemon's sessions: that want our events now, and that may have wanted them. */
    size_t n_wanting, n_wanted;
    const struct listed_session *wanting, *wanted; /* one of each */
    struct session_view wanting_view, wanted_view; /* of these */
    bool is_unsure;                                /* some session could not be read */
};

static bool is_in(const void *const *addresses, size_t n, const void *address)
{
    for (size_t i = 0; i < n; i++)
        if (addresses[i] == address)
            return true;
    return false;
}

static void collect_addresses(struct in_process_traces *traces, const struct route_view *views,
                              size_t n, struct unmatched_sides *sides)
{
    const void *active[SESSIONS_MAX];
    size_t n_active = traces->backend_ops->sessions(traces->backend, active, SESSIONS_MAX);
    sides->is_unsure |= n_active == SESSIONS_MAX;
    for (size_t i = 0; i < n_active; i++)
        if (traced_sessions_at(&traces->sessions, active[i]))
            sides->matched[sides->n_matched++] = active[i];
        else
            sides->active[sides->n_active++] = active[i];
    for (size_t i = 0; i < n; i++) {
        const void *address = views[i].place.session;
        if (views[i].is_decided || traced_sessions_at(&traces->sessions, address))
            continue;
        if (!is_in(active, n_active, address) && !is_in(sides->past, sides->n_past, address))
            sides->past[sides->n_past++] = address;
    }
}

static void collect_sessions(struct in_process_traces *traces,
                             const struct session_listing *listing, struct unmatched_sides *sides)
{
    /* A session that is matched, but records nothing at that address now. */
    const struct listed_session *again = NULL;
    struct session_view again_view = {0};
    size_t n_again = 0;
    for (size_t i = 0; i < listing->n; i++) {
        const struct listed_session *id = &listing->list[i];
        const struct traced_session *traced = traced_sessions_find(&traces->sessions, id);
        struct session_view view;
        bool matched = traced && traced->address;
        if (matched && is_in(sides->matched, sides->n_matched, traced->address))
            continue;
        if (traced_sessions_inspect(&traces->sessions, id, &view) < 0) {
            sides->is_unsure = true;
        } else if (view.wants_us && id->is_started) {
            /* If it is matched, it is at another address now: liblttng-ust frees a session that
               does not track this process any more. */
            sides->wanting = id;
            sides->wanting_view = view;
            sides->n_wanting++;
        } else if (view.wanted_us && !matched) {
            sides->wanted = id;
            sides->wanted_view = view;
            sides->n_wanted++;
        } else if (view.wanted_us && id->is_started) {
            again = id;
            again_view = view;
            n_again++;
        }
    }
    if (sides->n_wanted == 0) {
        sides->wanted = again;
        sides->wanted_view = again_view;
        sides->n_wanted = n_again;
    }
}

/* Tells once of each session that may be one of those that cannot be told apart. */
static void tell_unmatched(struct in_process_traces *traces, const struct session_listing *listing)
{
    for (size_t i = 0; i < listing->n; i++) {
        const struct listed_session *id = &listing->list[i];
        struct traced_session *traced = traced_sessions_find(&traces->sessions, id);
        struct session_view view;
        if (!id->is_started || (traced && traced->address) ||
            traced_sessions_inspect(&traces->sessions, id, &view) < 0 || !view.wants_us)
            continue;
        traced = traced_sessions_add(&traces->sessions, id);
        if (traced)
            traced_session_tell(traced, "liblttng-ust does not tell which of its sessions this is");
    }
}

/*
 * Matches sessions that are not matched yet. The daemon's sessions were listed before, and are
 * listed again after liblttng-ust's were collected: if both lists are equal, no session was started
 * or stopped meanwhile. true: nothing is left that can be matched.
 */
static bool match_sessions(struct in_process_traces *traces, const struct session_listing *listing,
                           struct unmatched_sides *sides)
{
    cleanup(session_listing_free) struct session_listing again = {0};
    if (sides->n_active == 0 && sides->n_past == 0)
        return true;
    collect_sessions(traces, listing, sides);
    if (sides->is_unsure || session_listing_read(&traces->sessions, &again) < 0 ||
        !session_listings_are_equal(listing, &again))
        return false;
    bool all = true;
    if (sides->n_active == 1 && sides->n_wanting == 1)
        traced_sessions_match(&traces->sessions, sides->active[0], sides->wanting,
                              &sides->wanting_view);
    else
        all = sides->n_active == 0 && sides->n_wanting == 0;
    if (!all)
        return false;
    if (sides->n_past == 1 && sides->n_wanted == 1) {
        traced_sessions_match(&traces->sessions, sides->past[0], sides->wanted,
                              &sides->wanted_view);
        return true;
    }
    /* Sessions that were destroyed: their addresses may be used again. */
    for (size_t i = 0; i < sides->n_past && sides->n_wanted == 0; i++)
        record_routes_forget(traces->sessions.routes, sides->past[i]);
    return sides->n_past == 0 || sides->n_wanted == 0;
}

/* Matches, once, the session that this tracer has started: its address is known. A session of that
   name that is made later is another one. */
static void match_chosen(struct in_process_traces *traces, const struct session_listing *listing)
{
    struct traced_sessions *sessions = &traces->sessions;
    const void *address = sessions->ops->address(sessions->session);
    struct session_view view;
    if (!address || traces->is_chosen_matched)
        return;
    for (size_t i = 0; i < listing->n && !traces->is_chosen_matched; i++) {
        const struct listed_session *id = &listing->list[i];
        if (id->is_started && strcmp(id->name, sessions->ops->name(sessions->session)) == 0 &&
            strcmp(id->path, sessions->ops->path(sessions->session)) == 0 &&
            traced_sessions_inspect(sessions, id, &view) == 0) {
            traced_sessions_match(sessions, address, id, &view);
            traces->is_chosen_matched = true;
        }
    }
}

/* Leaves to LTTng what has not been decided since before that time. Returns whether that is what a
   session still records. */
static bool give_up(struct in_process_traces *traces, const struct unmatched_sides *sides,
                    uint64_t before_ns)
{
    struct route_view views[ROUTES_MAX];
    size_t n = record_routes_list(traces->sessions.routes, views);
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (views[i].is_decided || views[i].since_ns >= before_ns)
            continue;
        record_routes_decide(traces->sessions.routes, views[i].place, NULL);
        any |= is_in(sides->active, sides->n_active, views[i].place.session);
    }
    return any;
}

/* false: something has to be tried again. */
static bool poll_once(struct in_process_traces *traces, bool last)
{
    struct route_view views[ROUTES_MAX];
    struct unmatched_sides sides = {0};
    cleanup(session_listing_free) struct session_listing listing = {0};
    if (session_listing_read(&traces->sessions, &listing) < 0)
        return false;
    match_chosen(traces, &listing);
    traced_sessions_match_channels(&traces->sessions);
    traced_sessions_note_states(&traces->sessions, &listing);
    size_t n = record_routes_list(traces->sessions.routes, views);
    forget_unmatched(traces, views, n);
    bool undecided = false;
    for (size_t i = 0; i < n; i++)
        undecided |= !views[i].is_decided;
    if (!undecided && (last || traces->tries_left == 0))
        return true;
    collect_addresses(traces, views, n, &sides);
    if (match_sessions(traces, &listing, &sides))
        return true;
    if (undecided && give_up(traces, &sides, last ? UINT64_MAX : clock_now_ns() - MATCH_MAX_NS))
        tell_unmatched(traces, &listing);
    return false;
}

static void note_matched(struct in_process_traces *traces, uint64_t generation)
{
    pthread_mutex_lock(&traces->lock);
    traces->generation_matched = generation;
    pthread_cond_broadcast(&traces->polled);
    pthread_mutex_unlock(&traces->lock);
}

void in_process_traces_await_matches(struct in_process_traces *traces, uint64_t generation)
{
    struct timespec until = clock_in_ms(AWAIT_MS);
    if (atomic_exchange(&traces->generation, generation) == generation)
        return;
    pthread_mutex_lock(&traces->lock);
    while (traces->generation_matched != generation &&
           pthread_cond_clockwait(&traces->polled, &traces->lock, CLOCK_MONOTONIC, &until) !=
               ETIMEDOUT)
        ;
    pthread_mutex_unlock(&traces->lock);
}

void in_process_traces_poll(struct in_process_traces *traces, bool last)
{
    uint64_t generation = atomic_load(&traces->generation);
    if (generation != traces->generation_seen)
        traces->tries_left = TRIES;
    traces->generation_seen = generation;
    if (!last) {
        if (poll_once(traces, false)) {
            traces->tries_left = 0;
        } else if (traces->tries_left > 0) {
            traces->tries_left--;
        }
        if (traces->tries_left == 0)
            note_matched(traces, generation);
        return;
    }
    const struct unmatched_sides nothing = {0};
    for (int i = 1; i <= LAST_TRIES && !poll_once(traces, i == LAST_TRIES); i++)
        ;
    give_up(traces, &nothing, UINT64_MAX); /* the daemon did not answer */
}

int in_process_traces_finish(struct in_process_traces *traces)
{
    int r = 0;
    traces->is_finished = true;
    record_routes_end(traces->sessions.routes);
    for (size_t i = 0; i < traces->sessions.list.count; i++) {
        struct error err;
        int r_each = traced_session_close(traces->sessions.list.items[i], &err);
        if (r_each < 0)
            log_debug("%s", err.text);
        r = r < 0 ? r : r_each;
    }
    return r;
}

bool in_process_traces_have_all(const struct in_process_traces *traces)
{
    const struct traced_sessions *sessions = &traces->sessions;
    for (size_t i = 0; i < sessions->list.count; i++) {
        const struct traced_session *traced = sessions->list.items[i];
        if (strcmp(traced->id.name, sessions->ops->name(sessions->session)) == 0 &&
            strcmp(traced->id.path, sessions->ops->path(sessions->session)) == 0)
            return traced->trace && !traced->told;
    }
    return false;
}

void in_process_traces_count(const struct in_process_traces *traces, struct hit_counts *counts)
{
    record_routes_count(traces->sessions.routes, counts);
    for (size_t i = 0; traces->is_finished && i < traces->sessions.list.count; i++) {
        uint64_t unwritten = traced_session_unwritten(traces->sessions.list.items[i]);
        counts->written -= unwritten;
        counts->lost += unwritten;
    }
}

struct record_routes *in_process_traces_routes(struct in_process_traces *traces)
{
    return traces->sessions.routes;
}

void in_process_traces_start(struct in_process_traces *traces, const struct session_ops *ops,
                             struct session *session, const struct backend_ops *backend_ops,
                             struct backend *backend)
{
    traces->sessions.ops = ops;
    traces->sessions.session = session;
    traces->backend_ops = backend_ops;
    traces->backend = backend;
    record_routes_set_backend(traces->sessions.routes, backend_ops, backend);
}

int in_process_traces_new(struct in_process_traces **result, struct error *err)
{
    struct in_process_traces *traces = calloc(1, sizeof(*traces));
    if (!traces)
        return error_set(err, -ENOMEM, "out of memory");
    pthread_mutex_init(&traces->lock, NULL);
    pthread_cond_init(&traces->polled, NULL);
    struct traced_sessions *sessions = &traces->sessions;
    int r = ctf_writer_new(&sessions->writer, err);
    if (r == 0 && record_routes_new(sessions->writer, &sessions->routes) < 0)
        r = error_set(err, -ENOMEM, "out of memory");
    if (r < 0)
        in_process_traces_free(traces);
    else
        *result = traces;
    return r;
}

void in_process_traces_free(struct in_process_traces *traces)
{
    if (!traces)
        return;
    ctf_writer_free(traces->sessions.writer);
    record_routes_free(traces->sessions.routes);
    traced_sessions_free(&traces->sessions);
    pthread_cond_destroy(&traces->polled);
    pthread_mutex_destroy(&traces->lock);
    free(traces);
}
