/* SPDX-License-Identifier: MIT */
/*
 * The recording session: chosen or created, started and ended through liblttng-ctl. It is in
 * libptrace_tracer_session.so, without liblttng-ust: the tracer chooses the session before it loads
 * the back end. session_load() loads it on demand, so --print, --list and --help load nothing of
 * LTTng.
 */
#ifndef TP_SESSION_SESSION_H
#define TP_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/load.h"
#include "util/log.h"

struct session;

enum session_owner {
    /* The user's, started, or to be started by a trigger. Its event rules are used and never
       changed. */
    SESSION_USER_STARTED,
    /* The user's, not started or started by another tracer: tracers start and stop it. */
    SESSION_USER_IDLE,
    SESSION_OWN, /* created by the tracer, destroyed at the end */
};

struct session_request {
    const char *name;    /* --session, or NULL */
    const char *output;  /* --output, or NULL */
    bool force;          /* --force: an old trace of ours in it is removed */
    const char *program; /* for the name of an own session and its directory */
    const char *home;    /* the directory of .lttngrc: the (invoking) user's home */
    unsigned level;      /* of logging */
};

/* Contexts of a channel (lttng-add-context(1)) that a struct hit has. */
enum session_context {
    SESSION_CONTEXT_VPID,
    SESSION_CONTEXT_VTID,
    SESSION_CONTEXT_PROCNAME,
    SESSION_CONTEXT_IP,
};
enum { SESSION_CONTEXTS_MAX = 4 };

/* A session of the daemon's. Name, path and creation time identify it. */
struct listed_session {
    char name[256];
    char path[4096];
    uint64_t created; /* seconds since the Epoch; 0: unknown */
    bool is_started;
    bool is_remote; /* its trace has no local directory: a live session, one of a relay daemon */
    bool snapshots; /* in snapshot mode */
};

/* Full names ("mylib:my_traced_function_entry") of the events that the tracer may record. */
struct session_names {
    const char *const *names;
    size_t n;
    /* The number of events that the user selected; they come first. The others are here because an
       event rule or a trigger names their module. The tracer never enables these. */
    size_t n_selected;
};

/* What inspect() finds in a session. */
struct session_view {
    bool wants_us;  /* an enabled rule matches an event, and the session tracks this process */
    bool wanted_us; /* a rule matches, enabled or not: that may have been so earlier */
    /* The contexts of the channels with such rules, in their order. */
    enum session_context contexts[SESSION_CONTEXTS_MAX];
    size_t n_contexts;
    bool foreign_contexts;   /* there are others, too */
    bool different_contexts; /* two of the channels differ in their contexts */
    bool is_rotated;         /* by a schedule */
    bool limited_files;      /* one of the channels has trace files of limited size or number */
};

/* Exported by libptrace_tracer_session.so as `session_lttng_ops`. All but free() may be called from
   several threads at the same time, after choose(). */
struct session_ops {
    /*
     * Chooses the session as the manual page says. Starts a session daemon if one is needed and
     * none runs. Creates the tracer's own session if that is the choice. Starts no session. Unsets
     * LTTNG_UST_ALLOW_BLOCKING if a channel of the user's would block without a limit.
     */
    MUST_CHECK int (*choose)(const struct session_request *request, struct session **session,
                             struct error *err);
    /*
     * Call it before or after the tracer's events are registered; before is better for very many
     * (see struct backend_ops). In a session that is not started: enables the selected events if no
     * rule of it matches any name, then starts it. In a started one: warns if none of its rules
     * matches and no trigger waits for an event, and says how to enable the events.
     */
    MUST_CHECK int (*begin)(struct session *session, const struct session_names *names,
                            struct error *err);
    /* Reads the event rules of all of the user's sessions and triggers. Takes some milliseconds.
       Call this and warn() from one thread only. */
    void (*update_rules)(struct session *session);
    /*
     * Whether an event rule of the user's sessions or a trigger names the module `provider` without
     * a wildcard: "c:malloc_*" names "c". Or, for a `provider` with a ':', which is how names of
     * events begin, whether a pattern begins so: "c:sub_4*" names "c:sub_". Uses the rules that
     * update_rules() read. Does not wait for the daemon.
     */
    bool (*names_provider)(struct session *session, const char *provider);
    /* The module `provider` is also known as `other`, which no event has. From any thread; does not
       wait for the daemon. */
    void (*learn_other_name)(struct session *session, const char *other, const char *provider);
    /*
     * After begin(): warns, once each, of rules that update_rules() read which name one of our
     * modules and match no traced function, with similar names, or with the module's name; and of
     * channels that cannot record. May wait for the daemon.
     */
    void (*warn)(struct session *session);
    /*
     * After begin(): 0, or why the session no longer records as it should. Waits for the daemons.
     */
    MUST_CHECK int (*check)(struct session *session, struct error *err);
    /* After begin(), call it often: notes and reports that somebody else has stopped the session,
       or started it again. */
    void (*watch)(struct session *session);
    /* After begin(): whether a rule of the session, or one of the tracer's own, matched one of the
       names, and nobody else has stopped or destroyed the session. */
    bool (*expects)(const struct session *session);
    /* Why a channel does not record, as warn() found, or NULL. Call it on the thread of warn(), or
       after that thread has ended. */
    const char *(*impediment)(const struct session *session);
    /* Before end(): looks for snapshots that were taken since begin(), for describe(). `triggered`:
       an event has met the condition of a trigger; waits a moment for the snapshot that it may
       take. Waits for the daemon. */
    void (*find_snapshots)(struct session *session, bool triggered);
    /* Stops a session that a tracer started, unless another tracer uses it, or somebody else has
       started it since. Destroys an own session. */
    MUST_CHECK int (*end)(struct session *session, struct error *err);
    /* Whether the session daemon has not answered for so long that it probably never will: LTTng's
       daemons can wait for each other forever, above all on a full disk. From any thread. */
    bool (*is_unresponsive)(const struct session *session);
    /* How long the current request has been waiting for the daemon, in ms; 0: there is none. From
       any thread. */
    int64_t (*waiting_ms)(const struct session *session);
    enum session_owner (*owner)(const struct session *session);
    const char *(*name)(const struct session *session);
    const char *(*path)(const struct session *session); /* the trace's directory or URL */
    /* How to read the trace: "to read the trace: babeltrace2 PATH" and the like. */
    void (*describe)(const struct session *session, char *text, size_t size);
    /* The same where the tracer has recorded nothing: "nothing was recorded in session NAME". */
    void (*describe_empty)(const struct session *session, char *text, size_t size);
    /* After end(): removes the trace of an own session, and its directory, if the user has not
       named that. The tracer has recorded nothing. */
    void (*remove_empty)(struct session *session);
    /* For a session that was not ended: destroys an own session, after its records are written, and
       leaves the user's. */
    void (*discard)(struct session *session);
    /* Calls discard() and frees the session. */
    void (*free)(struct session *session);
    /* More selected names, after begin(). Enables them, too, if begin() enabled the tracer's
       events. */
    MUST_CHECK int (*extend)(struct session *session, const char *const *names, size_t n,
                             struct error *err);
    /* After end(): how many records, of any program, the session lost since begin(). */
    uint64_t (*discarded)(const struct session *session);

    /* Without a session: where the current session of the user with that home records. The caller
       frees it. NULL: there is none, or no daemon knows it. */
    char *(*current_path)(const char *home);

    /* The rest is about all sessions of the daemon, and is for traces that are written beside
       LTTng's. */

    /* The sessions: an array of *n, which the caller frees. Waits for the daemon. */
    MUST_CHECK int (*list)(struct session *session, struct listed_session **list, size_t *n);
    /* Where liblttng-ust has the chosen session (see struct record_place); NULL: not known. It is
       known of a session that this tracer has started. */
    const void *(*address)(struct session *session);
    /* Whether it is certain that the chosen session was started once only, by this tracer. */
    bool (*started_once)(struct session *session);
    /* Reads the rules and contexts of a session, as to events with these names. Takes some
       milliseconds. Waits for the daemon. */
    MUST_CHECK int (*inspect)(struct session *session, const char *name,
                              const struct session_names *ours, struct session_view *view,
                              struct error *err);
};

static inline const struct session_ops *session_load(struct error *err)
{
    return load_symbol("ptrace_tracer_session", "session_lttng_ops",
                       "liblttng-ctl (Debian: liblttng-ctl0)", err);
}

#endif
