/* SPDX-License-Identifier: MIT */
/* Chooses the session, as the manual page says. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"

/* Reads the state of the session. 1; 0: it is gone; -EIO. With the lock file's lock held, if there
   is one. */
static int examine_user_session(struct session *session, struct error *err)
{
    struct found_session found;
    char trigger[LTTNG_NAME_MAX];
    int rc = session_find_again(session, &found);
    if (rc < 0)
        return error_set(err, -EIO, "cannot ask the session daemon for session %s: %s",
                         session->name, lttng_strerror(rc));
    if (rc == 0)
        return 0;
    session->state = found.enabled ? STATE_STARTED : STATE_IDLE;
    session->starts = session_users_starts(session);
    /* A session that a tracer has started counts as not started. */
    session->owner = found.enabled && !session_users_has_started(session) ? SESSION_USER_STARTED
                                                                          : SESSION_USER_IDLE;
    if (!found.enabled && trigger_starts_session(session->name, trigger, sizeof(trigger))) {
        log_info("session %s is not started: trigger %s starts it", session->name, trigger);
        session->owner = SESSION_USER_STARTED;
    }
    return 1;
}

/* Uses the user's session that was found. 1; 0: it is gone; -errno. */
static int use_session(const struct found_session *found, struct session **result,
                       struct error *err)
{
    struct session *session = session_new(SESSION_USER_STARTED);
    if (!session)
        return error_set(err, -ENOMEM, "out of memory");
    snprintf(session->name, sizeof(session->name), "%s", found->name);
    snprintf(session->path, sizeof(session->path), "%s", found->path);
    session->snapshots = found->snapshots;
    session->live = found->live;
    session->created = found->created;
    bool decides = session_users_join(session);
    int rc = examine_user_session(session, err);
    if (decides)
        session_users_unlock(session);
    if (rc <= 0)
        session_free(session);
    else
        *result = session;
    return rc;
}

/* Each user has a session daemon, which shows only that user's sessions. */
static const char *where_others_are(void)
{
    if (geteuid() == 0)
        return "; to use a session of another user, have that user call sudo";
    if (access("/var/run/lttng", F_OK) == 0)
        return "; root's sessions are for root and the group tracing";
    return "";
}

static int choose(const struct session_request *request, struct session **session,
                  struct error *err)
{
    if (request->name && request->output)
        return error_set(err, -EINVAL,
                         "--session and --output exclude each other: a session has its output");
    if (request->output)
        return session_make_own(request, session, err);
    struct found_session found;
    cleanup(cleanup_free) char *current =
        request->name ? NULL : current_session_name(request->home);
    const char *name = request->name ? request->name : current;
    bool alive = name && daemon_is_alive();
    int rc = alive ? session_find(name, &found) : 0;
    if (rc < 0)
        return error_set(err, -EIO, "cannot ask the session daemon for session %s: %s", name,
                         lttng_strerror(rc));
    if (rc > 0)
        rc = use_session(&found, session, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (!request->name)
        return session_make_own(request, session, err);
    return error_set(err, -ENOENT,
                     alive ? "there is no session %s: `lttng list` shows the sessions%s"
                           : "there is no session %s: no LTTng session daemon runs%s",
                     name, where_others_are());
}

int session_select(const struct session_request *request, struct session **session,
                   struct error *err)
{
    for (;;) {
        struct found_session found;
        int rc = choose(request, session, err);
        if (rc < 0 || (*session)->owner == SESSION_OWN)
            return rc;
        (*session)->discarded = session_read_discarded(*session);
        rc = rule_list_read(&(*session)->chosen, (*session)->name, err);
        if (rc == 0 || session_find_again(*session, &found) != 0)
            return rc;
        /* It was destroyed meanwhile. */
        session_free(*session);
        *session = NULL;
    }
}
