/* SPDX-License-Identifier: MIT */
/* A session of the daemon's for which --in-process writes a trace. */
#ifndef CLI_TRACED_SESSION_H
#define CLI_TRACED_SESSION_H

#include <stdbool.h>

#include "tp/ctf/ctf_trace.h"
#include "tp/session/session.h"
#include "util/error.h"
#include "util/vec.h"

/* A channel of the trace, for channels of the session with these contexts. */
struct traced_channel {
    struct ctf_channel *channel;
    enum session_context contexts[SESSION_CONTEXTS_MAX];
    size_t n;
};

struct traced_session {
    struct listed_session id; /* as last seen */
    const void *address;      /* of liblttng-ust's structure; NULL: not known */
    struct session_view view; /* when it was matched, or when it last got a channel */
    bool is_gone;
    bool is_lttngs;          /* its records go to LTTng */
    bool told;               /* that they do, and why */
    struct ctf_trace *trace; /* NULL: none was needed */
    bool is_closed;
    VEC(struct traced_channel) channels;
};

/* NULL: out of memory. */
struct traced_session *traced_session_new(const struct listed_session *id);
/* Not the trace, which the writer frees. */
void traced_session_free(struct traced_session *traced);

/* Whether both are the same session: a new one with the name of another is not. */
bool traced_session_is(const struct listed_session *a, const struct listed_session *b);
/* The trace's channel with the contexts of the view. Makes trace and channel if they do not exist.
   Fails if the session's records have to go to LTTng; err has the reason. */
MUST_CHECK int traced_session_channel(struct traced_session *traced, struct ctf_writer *writer,
                                      const struct session_view *view, struct ctf_channel **channel,
                                      struct error *err);
/* Notes that its records go to LTTng, and tells why. */
void traced_session_leave_to_lttng(struct traced_session *traced, const char *why);
/* Tells that its records go to LTTng, once. */
void traced_session_tell(struct traced_session *traced, const char *why);
/* Writes its trace, with the clock of LTTng's traces where these are written. */
void traced_session_flush(struct traced_session *traced);
/* The same, and closes the trace, which gets no more records. 0, or a negative errno with err,
   which the writer has told already. */
MUST_CHECK int traced_session_close(struct traced_session *traced, struct error *err);
/* How many records of a closed trace could not be written. */
uint64_t traced_session_unwritten(const struct traced_session *traced);

#endif
