/* SPDX-License-Identifier: MIT */
#include "cli/session_teardown.h"

#include <errno.h>

#include "cli/session_poller.h"
#include "cli/timed_call.h"
#include "cli/watcher.h"
#include "util/log.h"

enum { TELL_AFTER_MS = 5000 }; /* of the user, who then is told what is waited for */

static bool is_hopeless(struct tracer *tracer, int64_t waited_ms, struct error *err)
{
    const char *name = tracer->session_ops->name(tracer->session);
    bool asked = watcher_take_signal(tracer);
    /* What could not be stopped when all was let go may have come out of the kernel. */
    engine_let_go(tracer->engine);
    if (tracer->session_ops->unanswered(tracer->session)) {
        error_set(err, -EINPROGRESS,
                  "LTTng's session daemon does not answer: session %s is left as it is, and its "
                  "trace may lack its end; the daemon may have to be ended",
                  name);
        return true;
    }
    if (waited_ms < TELL_AFTER_MS)
        return false;
    if (!tracer->wait_told) {
        tracer->wait_told = true;
        log_warning("waiting for LTTng to write out session %s; ^C or SIGTERM leaves it as it is",
                    name);
        return false;
    }
    if (asked)
        error_set(err, -EINPROGRESS,
                  "interrupted: session %s is left as it is, and its trace may lack its end", name);
    return asked;
}

static int in_time(struct tracer *tracer, int (*work)(void *data, struct error *err),
                   struct error *err)
{
    const struct timed_call errand = {.work = work, .data = tracer, .hopeless = is_hopeless};
    if (tracer->abandoned)
        return -EINPROGRESS;
    if (!tracer->session)
        return 0;
    int r = timed_call_run(tracer, &errand, err);
    if (r != -EINPROGRESS)
        return r;
    tracer->abandoned = true;
    /* Who records into a session of his own has what became of it in his own hands. */
    if (tracer->session_ops->owner(tracer->session) == SESSION_USER_STARTED)
        log_warning("%s", err->text);
    else
        log_error("%s", err->text);
    return r;
}

static int stop_attendant(void *data, struct error *err)
{
    struct tracer *tracer = data;
    (void)err;
    session_poller_stop(tracer->poller);
    tracer->poller = NULL;
    timed_call_wait_pending(tracer);
    return 0;
}

static int end_session(void *data, struct error *err)
{
    struct tracer *tracer = data;
    return tracer->session_ops->end(tracer->session, err);
}

static int discard_session(void *data, struct error *err)
{
    struct tracer *tracer = data;
    (void)err;
    tracer->session_ops->discard(tracer->session);
    return 0;
}

int session_teardown_stop_poller(struct tracer *tracer, struct error *err)
{
    return in_time(tracer, stop_attendant, err);
}

int session_teardown_end(struct tracer *tracer, struct error *err)
{
    return in_time(tracer, end_session, err);
}

int session_teardown_discard(struct tracer *tracer, struct error *err)
{
    return in_time(tracer, discard_session, err);
}
