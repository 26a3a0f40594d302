/* SPDX-License-Identifier: MIT */
/*
 * The recording session: found, made or started through liblttng-ctl, and ended. No liblttng-ust
 * here: this is what decides before the back end is loaded. It lives in
 * libptrace_tracer_session.so, loaded on demand by session_load(), so that --print, --list and
 * --help load nothing of LTTng.
 */
#ifndef TP_SESSION_SESSION_H
#define TP_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tp/load.h"
#include "util/error.h"
#include "util/log.h"

struct session;

enum session_owner {
    /* the user's, started or to be started by a trigger: its rules decide, nothing in it is changed
     */
    SESSION_USER_STARTED,
    /* the user's, not started or started by another tracer: for tracers to start and stop */
    SESSION_USER_IDLE,
    SESSION_OWN, /* made by the tracer, destroyed at the end */
};

struct session_request {
    const char *name;    /* --session, or NULL */
    const char *output;  /* --output, or NULL */
    const char *program; /* for the name of an own session and its directory */
    const char *home;    /* where .lttngrc is: the (invoking) user's home */
    unsigned level;      /* of the log */
};

/* Full event names ("mylib:my_traced_function_entry") that the tracer may write. */
struct session_names {
    const char *const *names;
    size_t n;
    /* The first so many were selected by the user; the rest are there because some session's rule
       or a trigger names their module, and are never enabled by the tracer. */
    size_t n_selected;
};

/* What libptrace_tracer_session.so exports as `session_lttng_ops`. Once chosen, a session may be
   used by several threads, but for free(). */
struct session_ops {
    /*
     * Decides which session it is by the rules of the manual page, starting a session daemon when
     * one is needed and none runs, and making the own session when it is that. Nothing is started
     * yet. Takes LTTNG_UST_ALLOW_BLOCKING out of the environment when a channel of the user's would
     * block without a limit.
     */
    MUST_CHECK int (*choose)(const struct session_request *request, struct session **session,
                             struct error *err);
    /*
     * Before or after the tracer's events are registered; before is better for very many (see
     * struct backend_ops). In a session that is not started: enables the selected ones where no
     * rule of it matches any name, then starts it. In a started one: warns in one line when none of
     * its rules matches and no trigger waits for any, and says how to enable.
     */
    MUST_CHECK int (*begin)(struct session *session, const struct session_names *names,
                            struct error *err);
    /* Reads anew what all of the user's sessions and triggers ask for; some milliseconds. This and
       judge() are for one thread. */
    void (*look)(struct session *session);
    /* Whether some rule of the user's sessions, or a trigger, names the module `provider`
       explicitly: with that exact provider before the colon, no wildcard in it ("c:malloc_*" names
       "c"). As last read; never waits for the daemon. */
    bool (*names_provider)(struct session *session, const char *provider);
    /* After begin(), with what was read: warns, once each, of rules that name one of our modules
       and yet no function that is traced, and says which are near; and of channels that cannot
       record. May ask the daemon. */
    void (*judge)(struct session *session);
    /* After begin(): 0, or why the session does not record any more as it should. Asks the daemons,
       and so waits for as long as they do not answer. */
    MUST_CHECK int (*check)(struct session *session, struct error *err);
    /* After begin(), often: notes, and says in a line, when somebody else has stopped the session,
       or started it again. */
    void (*watch)(struct session *session);
    /* After begin(): whether some rule of the session asked for one of the names, the tracer's own
       rules among them, and nobody has stopped or destroyed it. */
    bool (*expects)(const struct session *session);
    /* What judge() has seen to keep a channel from recording, or NULL. On its thread, or when that
       has ended. */
    const char *(*impediment)(const struct session *session);
    /* Stops a session that a tracer has started, unless another tracer uses it, or somebody else
       has started it since; destroys an own one. */
    MUST_CHECK int (*end)(struct session *session, struct error *err);
    /* Whether the session daemon has owed an answer for so long that none is to be expected:
       LTTng's daemons can wait for each other for ever, on a full disk above all. From any thread.
     */
    bool (*unanswered)(const struct session *session);
    /* For how many milliseconds it has owed an answer; 0: it owes none. From any thread. */
    int64_t (*silent_ms)(const struct session *session);
    enum session_owner (*owner)(const struct session *session);
    const char *(*name)(const struct session *session);
    const char *(*path)(const struct session *session); /* the trace's directory or URL */
    /* What a user is to do to read the trace: "to read the trace: babeltrace2 PATH" and the like.
     */
    void (*describe)(const struct session *session, char *text, size_t size);
    /* Undoes what was not ended. An own session is destroyed, with what it has recorded written. */
    void (*discard)(struct session *session);
    /* Discards, and frees. */
    void (*free)(struct session *session);
    /* More selected names became known after begin(): enables them, too, if begin() enabled the
       tracer's. */
    MUST_CHECK int (*extend)(struct session *session, const char *const *names, size_t n,
                             struct error *err);
    /* After end(): how many records, of any program, the session lost since begin(). */
    uint64_t (*discarded)(const struct session *session);
};

static inline const struct session_ops *session_load(struct error *err)
{
    return load_symbol("ptrace_tracer_session", "session_lttng_ops", err);
}

#endif
