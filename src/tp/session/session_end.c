/* SPDX-License-Identifier: MIT */
/* Ends sessions; decides when a daemon does not answer. */
#include <errno.h>
#include <time.h>

#include "tp/session/session.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"

enum {
    DESTRUCTION_TIMEOUT_MS = 60000, /* for the consumer daemon to write the ring buffers */
    DISK_TIMEOUT_MS = 1000,         /* the same on a full disk */
    /* For an answer: listing a session with many thousand rules takes seconds. */
    ANSWER_TIMEOUT_MS = 30000,
    DISK_ANSWER_TIMEOUT_MS = 3000,
};

bool session_is_unresponsive(const struct session *session)
{
    struct error full;
    int64_t waits = session_waiting_ms(session);
    if (waits <= DISK_ANSWER_TIMEOUT_MS)
        return false;
    return waits > ANSWER_TIMEOUT_MS || session_check_disk(session, &full) < 0;
}

uint64_t session_read_discarded(const struct session *session)
{
    uint64_t sum = 0;
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    int n = session_list_channels(session, &channels);
    for (int i = 0; i < n; i++) {
        uint64_t discarded;
        if (lttng_channel_get_discarded_event_count(&channels[i], &discarded) == 0)
            sum += discarded;
    }
    return sum;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/*
 * Stops the session. Not with lttng_stop_tracing() nor lttng_data_pending(): another process may
 * start the session again at any time, and the session daemon of LTTng 2.13.9 aborts when it is
 * asked for the pending data of a started session.
 */
static int stop(struct session *session, struct error *err)
{
    session->stopped_ns = now_ns();
    int rc = lttng_stop_tracing_no_wait(session->name);
    if (rc == -LTTNG_ERR_SESS_NOT_FOUND) {
        session_note_gone(session);
        return 0;
    }
    if (rc == -LTTNG_ERR_TRACE_ALREADY_STOPPED) {
        /* Somebody else has just stopped it, and waits for the data if they want it. */
        session->state = STATE_STOPPED;
        return 0;
    }
    if (rc < 0) {
        if (rc == -LTTNG_ERR_NO_SESSIOND)
            session->exists = false;
        return error_set(err, -EIO, "cannot stop session %s: %s", session->name,
                         lttng_strerror(rc));
    }
    session->stopped = true;
    return 0;
}

/* Stops a session that tracers have started, if no other tracer uses it. `starts`: the number of
   its starts when that was known. With the exclusive lock held. */
static int stop_as_last(struct session *session, uint64_t starts, struct error *err)
{
    if (session_users_has_others(session)) {
        if (session->begun)
            log_info("session %s is left started for another tracer, which stops it",
                     session->name);
        return 0;
    }
    int rc = stop(session, err);
    session_users_set_started(session, false);
    /* If this start was after the stop, starting it again does nothing. */
    if (rc == 0 && session->counts_starts && session_starts_count(&session->counter) != starts &&
        lttng_start_tracing(session->name) == 0)
        log_warning("session %s was stopped for a moment: somebody else had just started it",
                    session->name);
    return rc;
}

/* Ends the use of a session of the user's. With the exclusive lock held. */
static int leave_locked(struct session *session, struct error *err)
{
    struct found_session found;
    bool joined = session->joined;
    int rc = session_find_again(session, &found);
    if (rc < 0)
        return joined ? error_set(err, -EIO, "cannot stop session %s: %s", session->name,
                                  lttng_strerror(rc))
                      : 0;
    session_note(session, rc > 0 ? &found : NULL);
    if (rc == 0 || !found.enabled)
        return 0;
    uint64_t starts = session_starts_count(&session->counter);
    bool unknown = session_note_others_starts(session);
    if (session_users_has_started(session) && unknown) {
        log_info("session %s is left started: somebody else has started it, or another session, "
                 "meanwhile",
                 session->name);
        return 0;
    }
    if (session_users_has_started(session))
        return stop_as_last(session, starts, err);
    if (joined)
        log_info("session %s is left started: somebody else started it last", session->name);
    return 0;
}

static int leave(struct session *session, struct error *err)
{
    int rc = 0;
    if (session_users_lock(session)) {
        rc = leave_locked(session, err);
        session_users_leave(session);
    } else {
        log_warning("session %s is left as it is: another tracer that uses it does not answer",
                    session->name);
    }
    session->left = true;
    return rc;
}

int session_destroy(struct session *session, struct error *err)
{
    struct lttng_destruction_handle *handle = NULL;
    bool unfinished = false;
    session->exists = false;
    session_mark_waiting(session);
    int code = lttng_destroy_session_ext(session->name, &handle);
    if (code == LTTNG_OK) {
        struct error full;
        int wait_ms =
            session_check_disk(session, &full) < 0 ? DISK_TIMEOUT_MS : DESTRUCTION_TIMEOUT_MS;
        session->waiting_since_ms = 0; /* this wait has its own limit */
        int status = lttng_destruction_handle_wait_for_completion(handle, wait_ms);
        unfinished = status != LTTNG_DESTRUCTION_HANDLE_STATUS_COMPLETED;
        session_mark_waiting(session);
        lttng_destruction_handle_destroy(handle);
    }
    if (unfinished)
        return error_set(err, -ETIMEDOUT,
                         "LTTng has not finished destroying session %s: it may remain, and the "
                         "trace in %s may lack its end",
                         session->name, session->path);
    if (code == LTTNG_ERR_SESS_NOT_FOUND)
        session_note_gone(session);
    else if (code != LTTNG_OK)
        return error_set(err, -EIO, "cannot destroy session %s: %s", session->name,
                         lttng_strerror(-code));
    return 0;
}

/* Stops an own session. Others may have stopped or destroyed it. */
static int stop_own(struct session *session, struct error *err)
{
    struct found_session found;
    int rc = session->begun ? session_find_again(session, &found) : 1;
    if (rc >= 0 && session->begun)
        session_note(session, rc > 0 ? &found : NULL);
    return rc != 0 && session->started ? stop(session, err) : 0;
}

static int end(struct session *session, struct error *err)
{
    bool counts = session->begun;
    int rc = session->owner == SESSION_OWN ? stop_own(session, err) : leave(session, err);
    session->started = false;
    if (rc == 0 && session->stopped)
        rc = session_wait_pending_data(session, session->stopped_ns, err);
    if (rc == 0 && session->stopped)
        rc = session_check_disk(session, err);
    session_mark_waiting(session);
    bool there = session->state != STATE_GONE;
    session->discarded = counts && there ? session_read_discarded(session) - session->discarded : 0;
    session_mark_waiting(session);
    if (there)
        session->per_process = session_domain(session->name).buf_type == LTTNG_BUFFER_PER_PID;
    if (session->exists) {
        struct error second;
        int rc_destroy = session_destroy(session, &second);
        if (rc == 0 && rc_destroy < 0) {
            rc = rc_destroy;
            *err = second;
        }
    }
    if (rc == 0 && session->begun && session->state == STATE_GONE &&
        session->owner != SESSION_USER_STARTED)
        rc = session_error_gone(session, err);
    return rc;
}

int session_end(struct session *session, struct error *err)
{
    session_lock(session);
    int rc = end(session, err);
    session_unlock(session);
    return rc;
}

void session_discard(struct session *session)
{
    struct error err = {0};
    int rc = 0;
    session_lock(session);
    if (session->owner == SESSION_OWN && session->started)
        lttng_stop_tracing_no_wait(session->name);
    else if (session->owner != SESSION_OWN && !session->left)
        rc = leave(session, &err);
    session->started = false;
    if (session->exists)
        rc = session_destroy(session, &err);
    if (rc < 0)
        log_warning("%s", err.text);
    session_unlock(session);
}
