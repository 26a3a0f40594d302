/* SPDX-License-Identifier: MIT */
#include "cli/session_teardown.h"

#include <errno.h>

#include "cli/lttng_sink.h"
#include "cli/session_poller.h"
#include "cli/timed_call.h"
#include "cli/tracer.h"
#include "cli/watcher.h"
#include "ptrace/engine.h"
#include "tp/session/session.h"
#include "util/error.h"
#include "util/log.h"

enum { TELL_AFTER_MS = 5000 }; /* after so long the user is told what the tracer waits for */

static bool is_hopeless(void *data, int64_t waited_ms, struct error *err)
{
    struct lttng_sink *sink = data;
    struct tracer *tracer = sink->tracer;
    const char *name = sink->session_ops->name(sink->session);
    bool asked = watcher_take_signal(tracer);
    /* Threads that could not be stopped before may be stoppable now. */
    engine_let_go(tracer->engine);
    if (sink->session_ops->is_unresponsive(sink->session)) {
        error_set(err, -EINPROGRESS,
                  "LTTng's session daemon does not answer: session %s is left as it is, and its "
                  "trace may lack its end; the daemon may have to be ended",
                  name);
        return true;
    }
    if (waited_ms < TELL_AFTER_MS)
        return false;
    if (!tracer->screen.wait_told) {
        tracer->screen.wait_told = true;
        log_warning("waiting for LTTng to write out session %s; ^C or SIGTERM leaves it as it is",
                    name);
        return false;
    }
    if (asked)
        error_set(err, -EINPROGRESS,
                  "interrupted: session %s is left as it is, and its trace may lack its end", name);
    return asked;
}

static int in_time(struct lttng_sink *sink, int (*work)(void *data, struct error *err),
                   struct error *err)
{
    struct tracer *tracer = sink->tracer;
    const struct timed_call call = {
        .work = work, .data = sink, .give_up = is_hopeless, .give_up_data = sink};
    if (tracer->run.abandoned)
        return -EINPROGRESS;
    if (!sink->session)
        return 0;
    int r = timed_call_run(&tracer->calls, &call, err);
    if (r != -EINPROGRESS)
        return r;
    tracer->run.abandoned = true;
    /* The user ends a session that the user has started. */
    if (sink->session_ops->owner(sink->session) == SESSION_USER_STARTED)
        log_warning("%s", err->text);
    else
        log_error("%s", err->text);
    return r;
}

static int stop_poller(void *data, struct error *err)
{
    struct lttng_sink *sink = data;
    (void)err;
    session_poller_stop(sink->poller);
    sink->poller = NULL;
    timed_calls_wait(&sink->tracer->calls);
    return 0;
}

static int end_session(void *data, struct error *err)
{
    struct lttng_sink *sink = data;
    struct hit_counts counts;
    sink->tracer->sink.counts(sink->tracer->sink.data, &counts);
    sink->session_ops->find_snapshots(sink->session, counts.triggered > 0);
    return sink->session_ops->end(sink->session, err);
}

static int discard_session(void *data, struct error *err)
{
    struct lttng_sink *sink = data;
    (void)err;
    sink->session_ops->discard(sink->session);
    return 0;
}

int session_teardown_stop_poller(struct lttng_sink *sink, struct error *err)
{
    return in_time(sink, stop_poller, err);
}

int session_teardown_end(struct lttng_sink *sink, struct error *err)
{
    return in_time(sink, end_session, err);
}

int session_teardown_discard(struct lttng_sink *sink, struct error *err)
{
    return in_time(sink, discard_session, err);
}
