/* SPDX-License-Identifier: MIT */
/* The sessions for which --in-process writes traces, and what they are matched with. */
#ifndef CLI_TRACED_SESSIONS_H
#define CLI_TRACED_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/record_routes.h"
#include "cli/traced_session.h"
#include "tp/lttng/backend.h"
#include "tp/session/session.h"
#include "util/error.h"
#include "util/vec.h"

struct traced_sessions {
    struct ctf_writer *writer;
    struct record_routes *routes;
    const struct session_ops *ops;
    struct session *session;
    VEC(struct traced_session *) list;
};

/* The daemon's sessions at a moment. */
struct session_listing {
    struct listed_session *list;
    size_t n;
};

MUST_CHECK int session_listing_read(const struct traced_sessions *sessions,
                                    struct session_listing *listing);
void session_listing_free(struct session_listing *listing);
/* Whether they have the same sessions, started or not. */
bool session_listings_are_equal(const struct session_listing *a, const struct session_listing *b);

/* The entry for the session, or NULL. */
struct traced_session *traced_sessions_find(const struct traced_sessions *sessions,
                                            const struct listed_session *id);
/* The same, but made if there is none. NULL: out of memory. */
struct traced_session *traced_sessions_add(struct traced_sessions *sessions,
                                           const struct listed_session *id);
/* The session that is matched with this one of liblttng-ust, or NULL. */
struct traced_session *traced_sessions_at(const struct traced_sessions *sessions,
                                          const void *address);
/* What the session wants. Waits for the daemon. */
MUST_CHECK int traced_sessions_inspect(const struct traced_sessions *sessions,
                                       const struct listed_session *id, struct session_view *view);

/* The session of liblttng-ust at the address is this one: decides its routes. */
void traced_sessions_match(struct traced_sessions *sessions, const void *address,
                           const struct listed_session *id, const struct session_view *view);
/* Decides routes of new channels of sessions that are matched. */
void traced_sessions_match_channels(struct traced_sessions *sessions);
/* Writes the traces of sessions that were stopped, and closes those of sessions that are gone. */
void traced_sessions_note_states(struct traced_sessions *sessions,
                                 const struct session_listing *listing);
void traced_sessions_free(struct traced_sessions *sessions);

#endif
