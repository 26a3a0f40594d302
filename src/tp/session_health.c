/* Whether a session still records: its daemons live, and its disk has room. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tp/session_parts.h"
#include "util/cleanup.h"

enum { DISK_IS_FULL = 64 << 10 /* what is left, in bytes, is less than any use */ };

int session_find(const char *name, struct lttng_session *found)
{
    cleanup(cleanup_free) struct lttng_session *sessions = NULL;
    int n = lttng_list_sessions(&sessions);
    for (int i = 0; i < n; i++)
        if (strcmp(sessions[i].name, name) == 0) {
            *found = sessions[i];
            return 1;
        }
    return n < 0 && n != -LTTNG_ERR_NO_SESSION ? n : 0;
}

/* The daemon answers such a request by asking the consumer daemon, whose death it tells no other
   way; one that is stopped makes the request wait. */
static int ask_consumer(const struct session *session)
{
    struct lttng_domain domain = session_domain(session->name);
    struct lttng_handle *handle = lttng_create_handle(session->name, &domain);
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    if (!handle)
        return -LTTNG_ERR_NOMEM;
    int rc = lttng_list_channels(handle, &channels);
    lttng_destroy_handle(handle);
    return rc;
}

static int check_daemons(const struct session *session, struct error *err)
{
    struct lttng_session found;
    if (!daemon_is_alive())
        return error_set(err, -ECONNRESET,
                         "the LTTng session daemon has ended: nothing more is recorded in session "
                         "%s, and what was not written out is lost",
                         session->name);
    int rc = session_find(session->name, &found);
    if (rc == 0 && session->owner != SESSION_USER_STARTED) /* else it was the user's to destroy */
        return error_set(err, -ENOENT,
                         "session %s was destroyed, or its daemon has ended: nothing more is "
                         "recorded in it",
                         session->name);
    if (rc > 0 && ask_consumer(session) == -LTTNG_ERR_NO_USTCONSUMERD)
        return error_set(err, -EPIPE,
                         "lttng-consumerd has ended: nothing more is recorded, and what session "
                         "%s had not written out is lost; the session daemon must be started anew",
                         session->name);
    return 0;
}

int session_check_disk(const struct session *session, struct error *err)
{
    struct statvfs disk;
    if (session->path[0] != '/' || statvfs(session->path, &disk) < 0)
        return 0;
    uint64_t blocks = geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
    if (blocks * disk.f_frsize >= DISK_IS_FULL)
        return 0;
    return error_set(err, -ENOSPC,
                     "the disk of %s is full: what LTTng cannot write there is lost, and not "
                     "counted",
                     session->path);
}

int session_check(const struct session *session, struct error *err)
{
    /* The disk first: nobody need be asked. */
    int rc = session_check_disk(session, err);
    return rc < 0 ? rc : check_daemons(session, err);
}
