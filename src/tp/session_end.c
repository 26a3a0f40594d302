/* The end of a session; and the daemon that may owe an answer then, or at any other time. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "tp/session_parts.h"
#include "util/cleanup.h"
#include "util/clock.h"

enum {
    DATA_TIMEOUT_S = 60,    /* for the consumer to write out what is in the rings */
    DISK_TIMEOUT_MS = 1000, /* ... on a full disk */
    /* For an answer: to ask for all that a session with many thousand rules has takes seconds. */
    ANSWER_TIMEOUT_MS = 30000,
    DISK_ANSWER_TIMEOUT_MS = 3000,
};

void session_asks(struct session *session)
{
    session->asked_ms = clock_ms();
}

void session_lock(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session_asks(session);
}

void session_unlock(struct session *session)
{
    session->asked_ms = 0;
    pthread_mutex_unlock(&session->lock);
}

int64_t session_silent_ms(const struct session *session)
{
    int64_t asked = session->asked_ms;
    return asked ? clock_ms() - asked : 0;
}

bool session_unanswered(const struct session *session)
{
    struct error full;
    int64_t waits = session_silent_ms(session);
    if (waits <= DISK_ANSWER_TIMEOUT_MS)
        return false;
    return waits > ANSWER_TIMEOUT_MS || session_check_disk(session, &full) < 0;
}

uint64_t session_read_discarded(const struct session *session)
{
    uint64_t sum = 0;
    struct lttng_domain domain = session_domain(session->name);
    struct lttng_handle *handle = lttng_create_handle(session->name, &domain);
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    int n = handle ? lttng_list_channels(handle, &channels) : 0;
    for (int i = 0; i < n; i++) {
        uint64_t discarded;
        if (lttng_channel_get_discarded_event_count(&channels[i], &discarded) == 0)
            sum += discarded;
    }
    if (handle)
        lttng_destroy_handle(handle);
    return sum;
}

/* Stops, and waits until what was recorded is in the files. */
static int stop(struct session *session, struct error *err)
{
    session->started = false;
    int rc = lttng_stop_tracing_no_wait(session->name);
    if (rc == -LTTNG_ERR_TRACE_ALREADY_STOPPED)
        rc = 0;
    if (rc == -LTTNG_ERR_SESS_NOT_FOUND || rc == -LTTNG_ERR_NO_SESSIOND)
        session->exists = false;
    if (rc < 0)
        return error_set(err, -EIO, "cannot stop session %s: %s", session->name,
                         lttng_strerror(rc));
    int64_t began = clock_ms(), until = began + DATA_TIMEOUT_S * 1000;
    while (session_asks(session), (rc = lttng_data_pending(session->name)) > 0) {
        if (clock_ms() - began > DISK_TIMEOUT_MS && session_check_disk(session, err) < 0)
            return err->code;
        if (clock_ms() >= until)
            return error_set(err, -ETIMEDOUT,
                             "session %s did not write out its data in %d seconds: the trace in "
                             "%s may lack its end",
                             session->name, DATA_TIMEOUT_S, session->path);
        /* liblttng-ctl can only be asked again; its own lttng_stop_tracing() does it, too. */
        struct timespec pause = {.tv_nsec = 5000000};
        nanosleep(&pause, NULL);
    }
    if (rc < 0)
        return error_set(err, -EIO, "cannot tell whether session %s has written out its data: %s",
                         session->name, lttng_strerror(rc));
    return 0;
}

int session_destroy(struct session *session, struct error *err)
{
    struct lttng_destruction_handle *handle = NULL;
    bool unfinished = false;
    session->exists = false;
    session_asks(session);
    int code = lttng_destroy_session_ext(session->name, &handle);
    if (code == LTTNG_OK) {
        struct error full;
        int wait_ms =
            session_check_disk(session, &full) < 0 ? DISK_TIMEOUT_MS : DATA_TIMEOUT_S * 1000;
        session->asked_ms = 0; /* this has a limit of its own */
        int status = lttng_destruction_handle_wait_for_completion(handle, wait_ms);
        unfinished = status != LTTNG_DESTRUCTION_HANDLE_STATUS_COMPLETED;
        session_asks(session);
        lttng_destruction_handle_destroy(handle);
    }
    if (unfinished)
        return error_set(err, -ETIMEDOUT,
                         "LTTng has not finished to destroy session %s: it may remain, and the "
                         "trace in %s may lack its end",
                         session->name, session->path);
    if (code != LTTNG_OK)
        return error_set(err, -EIO, "cannot destroy session %s: %s", session->name,
                         lttng_strerror(-code));
    return 0;
}

static int end(struct session *session, struct error *err)
{
    int rc = 0;
    bool was_started = session->started;
    if (was_started)
        rc = stop(session, err);
    if (was_started && rc == 0)
        rc = session_check_disk(session, err);
    session_asks(session);
    session->discarded = was_started || session->owner == SESSION_USER_STARTED
                             ? session_read_discarded(session) - session->discarded
                             : 0;
    session_asks(session);
    session->per_process = session_domain(session->name).buf_type == LTTNG_BUFFER_PER_PID;
    if (session->exists) {
        struct error second;
        int rc_destroy = session_destroy(session, &second);
        if (rc == 0 && rc_destroy < 0) {
            rc = rc_destroy;
            *err = second;
        }
    }
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
    struct error err;
    session_lock(session);
    if (session->started)
        lttng_stop_tracing_no_wait(session->name);
    session->started = false;
    if (session->exists && session_destroy(session, &err) < 0)
        log_warning("%s", err.text);
    session_unlock(session);
}
