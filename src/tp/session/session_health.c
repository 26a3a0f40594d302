/* SPDX-License-Identifier: MIT */
/* Checks that a session still records: its daemons run, its disk is not full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"

enum { DISK_IS_FULL = 64 << 10 /* in bytes: less free space than this is of no use */ };

/* The session daemon asks the consumer daemon for this answer. Nothing else shows that the consumer
   has ended. If the consumer is stopped, this waits. */
static int ask_consumer(const struct session *session)
{
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    return session_list_channels(session, &channels);
}

int session_check_daemons(struct session *session, struct error *err)
{
    struct found_session found;
    if (!daemon_is_alive())
        return error_set(
            err, -ECONNRESET,
            "the LTTng session daemon has ended: LTTng records nothing more in session "
            "%s, and what was not written out is lost",
            session->name);
    int rc = session_find_again(session, &found);
    if (rc == 0) {
        session_note_gone(session);
        return session_error_gone(session, err);
    }
    if (rc > 0 && ask_consumer(session) == -LTTNG_ERR_NO_USTCONSUMERD)
        return error_set(err, -EPIPE,
                         "lttng-consumerd has ended: LTTng records nothing more, and what session "
                         "%s had not written out is lost; restart the session daemon",
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

int session_check(struct session *session, struct error *err)
{
    /* The disk first: this needs no request. */
    int rc = session_check_disk(session, err);
    return rc < 0 ? rc : session_check_daemons(session, err);
}
