/* SPDX-License-Identifier: MIT */
/*
 * Counts how often the session was started, exactly, also when it was stopped and started between
 * two looks at it. liblttng-ctl tells only whether a session is started. But the session daemon
 * sends each start to all processes that it traces, this one too, and lttng_start_tracing(3) in
 * whatever process returns only when they have answered (lttng-tools 2.13, ust_app_start_trace()).
 * liblttng-ust then runs its tracepoint lttng_ust_statedump:start, with the session as its
 * argument, before it answers (lttng-ust 2.13, handle_pending_statedump() in handle_message()). So
 * a probe on that tracepoint has counted a start before anybody can find the session started.
 *
 * The argument is no name. Which session it is, is known from this tracer's own start: it is the
 * one that starts meanwhile.
 */
#include <pthread.h>

#include "tp/session/session_internal.h"
#include "util/log.h"

/* Exported by liblttng-ust-tracepoint, and so available before liblttng-ust is loaded. Not taken
   from lttng/tracepoint.h: see tp/lttng/event_class.h. */
int lttng_ust_tracepoint_provider_register(const char *provider, const char *event,
                                           void (*probe)(void), void *data, const char *signature);
int lttng_ust_tracepoint_provider_unregister(const char *provider, const char *event,
                                             void (*probe)(void), void *data);

static const char PROVIDER[] = "lttng_ust_statedump", EVENT[] = "start";
/* As liblttng-ust's macros make it: lttng-ust 2.13, lttng-ust-statedump-provider.h. */
static const char SIGNATURE[] = "struct lttng_ust_session *, session";

static struct counted_session *find(struct session_starts *starts, const void *id)
{
    for (size_t i = 0; i < starts->sessions.count; i++)
        if (starts->sessions.items[i].id == id)
            return &starts->sessions.items[i];
    struct counted_session *added = vec_push(&starts->sessions);
    if (added)
        added->id = id;
    return added;
}

/* The probe. On a thread of liblttng-ust, while the session daemon waits for it. */
static void count_start(void *data, const void *id)
{
    struct session_starts *starts = data;
    pthread_mutex_lock(&starts->lock);
    starts->all++;
    struct counted_session *session = find(starts, id);
    if (session) {
        session->last = starts->all;
        starts->counted += session->counts;
    }
    pthread_mutex_unlock(&starts->lock);
}

void session_starts_init(struct session_starts *starts)
{
    pthread_mutex_init(&starts->lock, NULL);
    int rc = lttng_ust_tracepoint_provider_register(PROVIDER, EVENT, (void (*)(void))count_start,
                                                    starts, SIGNATURE);
    starts->registered = rc == 0;
    if (rc != 0)
        log_debug("cannot count the starts of sessions: %d", rc);
}

void session_starts_free(struct session_starts *starts)
{
    /* Returns when the probe runs no more. */
    if (starts->registered)
        (void)lttng_ust_tracepoint_provider_unregister(PROVIDER, EVENT, (void (*)(void))count_start,
                                                       starts);
    vec_free(&starts->sessions);
    pthread_mutex_destroy(&starts->lock);
}

uint64_t session_starts_of_all(struct session_starts *starts)
{
    pthread_mutex_lock(&starts->lock);
    uint64_t all = starts->all;
    pthread_mutex_unlock(&starts->lock);
    return all;
}

bool session_starts_select_one(struct session_starts *starts, uint64_t since)
{
    size_t n = 0;
    pthread_mutex_lock(&starts->lock);
    for (size_t i = 0; i < starts->sessions.count; i++) {
        struct counted_session *session = &starts->sessions.items[i];
        session->counts = session->last > since;
        n += session->counts;
    }
    /* All starts since were those of the one. */
    starts->counted = n == 1 ? starts->all - since - 1 : 0;
    pthread_mutex_unlock(&starts->lock);
    return n == 1;
}

void session_starts_select_all(struct session_starts *starts)
{
    pthread_mutex_lock(&starts->lock);
    for (size_t i = 0; i < starts->sessions.count; i++)
        starts->sessions.items[i].counts = true;
    starts->counted = 0;
    pthread_mutex_unlock(&starts->lock);
}

uint64_t session_starts_count(struct session_starts *starts)
{
    pthread_mutex_lock(&starts->lock);
    uint64_t counted = starts->counted;
    pthread_mutex_unlock(&starts->lock);
    return counted;
}

const void *session_starts_selected(struct session_starts *starts)
{
    const void *id = NULL;
    size_t n = 0;
    pthread_mutex_lock(&starts->lock);
    for (size_t i = 0; i < starts->sessions.count; i++)
        if (starts->sessions.items[i].counts) {
            id = starts->sessions.items[i].id;
            n++;
        }
    pthread_mutex_unlock(&starts->lock);
    return n == 1 ? id : NULL;
}
