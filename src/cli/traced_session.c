/* SPDX-License-Identifier: MIT */
#include "cli/traced_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/lttng_clock.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

enum { DIRECTORIES_MAX = 1000 /* of one tracer in a session's directory */ };

struct traced_session *traced_session_new(const struct listed_session *id)
{
    struct traced_session *traced = calloc(1, sizeof(*traced));
    if (traced)
        traced->id = *id;
    return traced;
}

void traced_session_free(struct traced_session *traced)
{
    vec_free(&traced->channels);
    free(traced);
}

bool traced_session_is(const struct listed_session *a, const struct listed_session *b)
{
    /* liblttng-ctl may show the URL of a relay daemon differently once there are channels. */
    return strcmp(a->name, b->name) == 0 && a->created == b->created &&
           (a->path[0] != '/' || b->path[0] != '/' || strcmp(a->path, b->path) == 0);
}

void traced_session_tell(struct traced_session *traced, const char *why)
{
    if (!traced->told)
        log_warning(
            "session %s: LTTng records the calls, with the times at which they are recorded: "
            "%s",
            traced->id.name, why);
    traced->told = true;
}

void traced_session_leave_to_lttng(struct traced_session *traced, const char *why)
{
    traced->is_lttngs = true;
    traced_session_tell(traced, why);
}

/* A session may have the directory of an earlier one. */
static int make_trace(struct traced_session *traced, struct ctf_writer *writer, struct error *err)
{
    int r = -EEXIST;
    for (int i = 1; i < DIRECTORIES_MAX && r == -EEXIST; i++) {
        char number[32] = "";
        if (i > 1)
            snprintf(number, sizeof(number), "-%d", i);
        cleanup(cleanup_free) char *directory =
            text_format("%s/in-process-%d%s", traced->id.path, (int)getpid(), number);
        if (!directory)
            return error_set(err, -ENOMEM, "out of memory");
        const struct ctf_trace_request request = {.directory = directory,
                                                  .trace_name = traced->id.name};
        r = ctf_trace_new(writer, &request, &traced->trace, err);
    }
    return r;
}

static const char *impediment_of(const struct traced_session *traced,
                                 const struct session_view *view)
{
    return traced->id.snapshots       ? "it is in snapshot mode"
           : traced->id.is_remote     ? "its trace has no local directory"
           : view->is_rotated         ? "it is rotated by a schedule"
           : view->limited_files      ? "a channel limits the size of its files"
           : view->foreign_contexts   ? "it has contexts other than vpid, vtid, procname and ip"
           : view->different_contexts ? "its channels differ in their contexts"
                                      : NULL;
}

static int make_trace_channel(struct traced_session *traced, const struct session_view *view,
                              struct ctf_channel **channel, struct error *err)
{
    static const enum ctf_context contexts[SESSION_CONTEXTS_MAX] = {
        [SESSION_CONTEXT_VPID] = CTF_CONTEXT_VPID,
        [SESSION_CONTEXT_VTID] = CTF_CONTEXT_VTID,
        [SESSION_CONTEXT_PROCNAME] = CTF_CONTEXT_PROCNAME,
        [SESSION_CONTEXT_IP] = CTF_CONTEXT_IP,
    };
    enum ctf_context wanted[SESSION_CONTEXTS_MAX];
    for (size_t i = 0; i < view->n_contexts; i++)
        wanted[i] = contexts[view->contexts[i]];
    struct traced_channel *made = vec_push(&traced->channels);
    if (!made)
        return error_set(err, -ENOMEM, "out of memory");
    int r = ctf_trace_add_channel(traced->trace, wanted, view->n_contexts, channel, err);
    if (r < 0) {
        traced->channels.count--;
        return r;
    }
    made->channel = *channel;
    made->n = view->n_contexts;
    memcpy(made->contexts, view->contexts, sizeof(made->contexts));
    return 0;
}

int traced_session_channel(struct traced_session *traced, struct ctf_writer *writer,
                           const struct session_view *view, struct ctf_channel **channel,
                           struct error *err)
{
    const char *impediment = impediment_of(traced, view);
    if (impediment)
        return error_set(err, -ENOTSUP, "%s", impediment);
    int r = traced->trace ? 0 : make_trace(traced, writer, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < traced->channels.count; i++) {
        const struct traced_channel *known = &traced->channels.items[i];
        if (known->n == view->n_contexts &&
            memcmp(known->contexts, view->contexts, known->n * sizeof(known->contexts[0])) == 0) {
            *channel = known->channel;
            return 0;
        }
    }
    return make_trace_channel(traced, view, channel, err);
}

/* Takes over the clock of LTTng's traces, so that readers show both in the right order. */
static int adopt_clock(struct traced_session *traced, struct error *err)
{
    int64_t offset_ns;
    if (!lttng_clock_offset(traced->id.path, &offset_ns))
        return 0;
    return ctf_trace_set_clock_offset(traced->trace, offset_ns, err);
}

void traced_session_flush(struct traced_session *traced)
{
    struct error err; /* the writer has told it */
    if (!traced->trace || traced->is_closed)
        return;
    if (adopt_clock(traced, &err) < 0 || ctf_trace_flush(traced->trace, &err) < 0)
        log_debug("%s", err.text);
}

int traced_session_close(struct traced_session *traced, struct error *err)
{
    struct error closing;
    if (!traced->trace || traced->is_closed)
        return 0;
    int r = adopt_clock(traced, err);
    int r_close = ctf_trace_close(traced->trace, &closing);
    traced->is_closed = true;
    if (r == 0 && r_close < 0) {
        r = r_close;
        *err = closing;
    }
    return r;
}

uint64_t traced_session_unwritten(const struct traced_session *traced)
{
    struct ctf_counts counts;
    if (!traced->is_closed)
        return 0;
    ctf_trace_count(traced->trace, &counts);
    return counts.unwritten;
}
