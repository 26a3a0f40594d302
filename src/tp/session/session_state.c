/* SPDX-License-Identifier: MIT */
/* Follows the state of the session: other processes may stop, start and destroy it at any time, and
   create a new one with its name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tp/session/session.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"

int session_find(const char *name, struct found_session *found)
{
    cleanup(cleanup_free) struct lttng_session *sessions = NULL;
    int n = lttng_list_sessions(&sessions);
    for (int i = 0; i < n; i++) {
        if (strcmp(sessions[i].name, name) != 0)
            continue;
        *found = (struct found_session){
            .enabled = sessions[i].enabled,
            .snapshots = sessions[i].snapshot_mode,
            .live = sessions[i].live_timer_interval > 0,
        };
        snprintf(found->name, sizeof(found->name), "%s", sessions[i].name);
        snprintf(found->path, sizeof(found->path), "%s", sessions[i].path);
        /* Valid only in the array. */
        if (lttng_session_get_creation_time(&sessions[i], &found->created) != LTTNG_OK)
            found->created = 0;
        return 1;
    }
    return n < 0 && n != -LTTNG_ERR_NO_SESSION ? n : 0;
}

int session_find_again(const struct session *session, struct found_session *found)
{
    int rc = session_find(session->name, found);
    if (rc <= 0)
        return rc;
    /* liblttng-ctl may show the URL of a relay daemon differently once there are channels. */
    bool local = session->path[0] == '/' && found->path[0] == '/';
    return (!session->created || found->created == session->created) &&
           (!local || strcmp(found->path, session->path) == 0);
}

int session_error_gone(const struct session *session, struct error *err)
{
    return error_set(err, -ENOENT,
                     "session %s was destroyed, or its daemon has ended: nothing more is "
                     "recorded in it",
                     session->name);
}

void session_note_gone(struct session *session)
{
    session->state = STATE_GONE;
    session->started = session->exists = false;
}

uint64_t session_count_starts(struct session *session)
{
    return session->counts_starts ? session_starts_count(&session->counter)
                                  : session_users_starts(session);
}

void session_note_own_start(struct session *session, uint64_t before)
{
    session->tracers_starts = session_users_starts(session);
    session->counts_starts = session_starts_select_one(&session->counter, before);
    session->starts = session->counts_starts ? 0 : session->tracers_starts;
}

void session_note_used(struct session *session)
{
    /* It is one of all that have been started. */
    session_starts_select_all(&session->counter);
    session->tracers_starts = session_users_starts(session);
}

bool session_note_others_starts(struct session *session)
{
    /* Tracers start it with the lock held: both numbers include the same starts of theirs. */
    int64_t tracers = (int64_t)(session_users_starts(session) - session->tracers_starts);
    int64_t others = (int64_t)session_starts_count(&session->counter) - tracers;
    if (!session->counts_starts)
        return others > 0;
    if (others != session->others_starts)
        session_users_set_started(session, false);
    session->others_starts = others;
    return false;
}

static void note_started(struct session *session)
{
    uint64_t starts = session_count_starts(session);
    bool was_stopped = session->state == STATE_STOPPED;
    bool unseen = session->state == STATE_STARTED && starts != session->starts;
    session->state = STATE_STARTED;
    session->starts = starts;
    if (!session->begun)
        return;
    session->interrupted |= unseen || was_stopped;
    if (session->stop_reported)
        log_info("session %s was started again: calls are recorded in it", session->name);
    else if (unseen || was_stopped)
        log_warning("session %s was stopped by somebody else and started again: calls between were "
                    "not recorded in it",
                    session->name);
    session->stop_reported = false;
}

static void note_stopped(struct session *session)
{
    if (session->state == STATE_STARTED)
        session->state = STATE_STOPPED;
    if (session->state != STATE_STOPPED || !session->begun || session->stop_reported)
        return;
    session->interrupted = session->stop_reported = true;
    log_line(session->owner == SESSION_USER_STARTED ? LOG_INFO : LOG_WARNING,
             "session %s was stopped by somebody else: calls are not recorded in it until it is "
             "started again",
             session->name);
}

void session_note(struct session *session, const struct found_session *found)
{
    if (!found)
        session_note_gone(session);
    else if (found->enabled)
        note_started(session);
    else
        note_stopped(session);
}

/* Somebody else has stopped the session, and perhaps started it again: then tracers must not stop
   it. */
static void clear_started_flag(struct session *session)
{
    struct found_session found;
    if (!session_users_lock(session))
        return;
    /* Another tracer may have started it meanwhile. */
    if (session_find_again(session, &found) == 1 && !found.enabled)
        session_users_set_started(session, false);
    if (session->owner == SESSION_USER_IDLE)
        (void)session_note_others_starts(session);
    session_users_unlock(session);
}

void session_watch(struct session *session)
{
    struct found_session found;
    session_lock(session);
    int rc = session->state == STATE_GONE ? -ENOENT : session_find_again(session, &found);
    /* session_check() reports that it is gone, and why. */
    if (rc > 0) {
        enum session_state before = session->state;
        uint64_t starts = session->starts;
        session_note(session, &found);
        if ((before != session->state && session->state == STATE_STOPPED) ||
            (session->counts_starts && session->starts != starts))
            clear_started_flag(session);
    }
    session_unlock(session);
}

size_t session_describe_interruption(const struct session *session, char *text, size_t size)
{
    const char *what = session->state == STATE_GONE
                           ? "has ended meanwhile: calls were not recorded in it from then on"
                       : session->state == STATE_STOPPED
                           ? "was stopped meanwhile: calls were not recorded in it from then on"
                       : session->interrupted
                           ? "was stopped for a while: calls were not recorded in it then"
                           : NULL;
    if (!session->begun || !what)
        return 0;
    return (size_t)snprintf(text, size, "session %s %s; ", session->name, what);
}

int session_list_channels(const struct session *session, struct lttng_channel **channels)
{
    struct lttng_domain domain = session_domain(session->name);
    struct lttng_handle *handle = lttng_create_handle(session->name, &domain);
    int n = handle ? lttng_list_channels(handle, channels) : 0;
    if (handle)
        lttng_destroy_handle(handle);
    return n;
}
