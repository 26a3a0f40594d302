/* SPDX-License-Identifier: MIT */
/* Internal interface of libptrace_tracer_session.so. */
#ifndef TP_SESSION_SESSION_INTERNAL_H
#define TP_SESSION_SESSION_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lttng/lttng.h>

#include "tp/session/name_set.h"
#include "tp/session/session.h"
#include "tp/session/session_filters.h"
#include "util/error.h"
#include "util/table.h"
#include "util/vec.h"

/* -- session_daemon.c -- */

bool daemon_is_alive(void);
/* Starts a session daemon, as `lttng create` does, unless one runs. The daemon keeps running. */
MUST_CHECK int daemon_start(struct error *err);

/* -- session_current.c -- */

/* The session name in .lttngrc of $LTTNG_HOME or, if that is not set, of `home`: the current
   session (lttng-set-session(1)). NULL: there is none. The caller frees. */
char *current_session_name(const char *home);
/* Where it records: see struct session_ops. */
char *current_session_path(const char *home);

/* -- session_output.c -- */

struct output {
    char *path;      /* absolute */
    bool made;       /* by us; removed if it stays empty */
    bool is_default; /* the user has not named it */
    int fd;          /* locked, so that no other tracer takes it; -1: not open */
};

/*
 * An empty, writable directory: `wanted` or, if that is NULL, a new one in the working directory.
 * `force`: a trace of an earlier session of the tracer's own in `wanted` is removed.
 */
MUST_CHECK int output_make(struct output *output, const char *wanted, bool force,
                           const char *program, struct error *err);
/* Removes the directory if output_make() made it and it is empty. */
void output_unmake(struct output *output);
/* Removes it with its empty trace if output_make() chose its name. Whether it is gone. */
bool output_remove_empty(struct output *output);
void output_free(struct output *output);
/* "ptrace_tracer-PROGRAM-YYYYmmdd-HHMMSS", with only characters that are safe in the names of files
   and sessions. NULL: out of memory. The caller frees. */
char *output_name(const char *program);

/* -- session_old_trace.c -- */

/* Whether the directory, open as `dir`, holds a trace of an earlier session of the tracer's own,
   and nothing else: 0, or a negative errno. `path`: for messages. */
MUST_CHECK int old_trace_check(int dir, const char *path, struct error *err);
/* Removes that trace. If old_trace_check() refuses the directory, nothing is removed. */
MUST_CHECK int old_trace_remove(int dir, const char *path, struct error *err);

/* -- session_rules.c -- */

/* LTTNG_UST_TRACEPOINT_LOGLEVEL_DEFAULT, the log level of events without one. */
enum { RULE_OUR_LOG_LEVEL = LTTNG_LOGLEVEL_DEBUG_LINE };

/* An enabled event rule for user space, of an enabled channel or of a trigger's condition. */
struct rule {
    char pattern[LTTNG_SYMBOL_NAME_LEN];
    char session[LTTNG_NAME_MAX]; /* "": a trigger's */
    bool reaches_us;              /* its log level condition accepts our events */
    size_t channel;               /* index in rule_list.channels; not of a trigger's */
    VEC(char *) exclusions;
    char *filter; /* expression; NULL: none, or longer than is read */
};

/* A perf counter (perf_event_open(2)) that is a context of an enabled channel. */
struct counter {
    char name[LTTNG_SYMBOL_NAME_LEN]; /* of the context */
    char session[LTTNG_NAME_MAX];
    size_t channel; /* index in rule_list.channels */
    uint32_t type;
    uint64_t config;
};

/* The contexts of a channel, and a setting of it. */
struct context_list {
    enum session_context items[SESSION_CONTEXTS_MAX];
    size_t count;
    bool is_foreign;    /* it has others, too */
    bool limited_files; /* its trace files are limited in size or number */
};

struct rule_list {
    VEC(struct rule) list;
    VEC(char *) channels;              /* of user space, in all sessions read */
    VEC(struct context_list) contexts; /* of each of these channels */
    VEC(struct rule) disabled;         /* rules that are disabled, or are of a disabled channel */
    bool is_rotated;                   /* a session has a rotation schedule */
    bool is_untracked; /* a process attribute tracker of user space excludes this process */
    VEC(struct counter) counters;
    bool blocks_forever; /* one of them blocks applications without a limit: */
    char blocking_channel[LTTNG_SYMBOL_NAME_LEN];
    char blocking_session[LTTNG_NAME_MAX];
};

/*
 * Reads the rules of the session or, with NULL, of all sessions and triggers of the user. Clears
 * `rules` first. If a session cannot be read, the rules of the others are still read, and the error
 * is that of the last such session. The caller clears the list also after an error.
 */
MUST_CHECK int rule_list_read(struct rule_list *rules, const char *session, struct error *err);
void rule_list_clear(struct rule_list *rules);
/* Whether the pattern has an unescaped '*'. */
bool rule_has_wildcard(const char *pattern);
/* Whether the rule matches the event name ("provider:event"). Ignores filters. */
bool rule_matches(const struct rule *rule, const char *name);
/* Whether the rule matches one of the n names. */
bool rule_matches_any(const struct rule *rule, const char *const *names, size_t n);

/* The user-space domain of the session, for lttng_create_handle(). */
struct lttng_domain session_domain(const char *session);
enum rule_kind {
    RULES_EXACT,    /* one rule per event, if they are few */
    RULES_PROVIDER, /* one rule per provider, for all its events */
};

/* Enables the events in the channel. Creates the channel if it does not exist. */
MUST_CHECK int rules_enable(const char *session, const char *channel, const char *const *names,
                            size_t n, enum rule_kind kind, struct error *err);
/* The providers of the names as patterns "a:*,b:*" for the command line; after a few of them "...".
   NULL: out of memory. The caller frees. */
char *rules_provider_patterns(const char *const *names, size_t n);

/* -- session_saved.c -- */

/* Adds the enabled rules of the session, and its channels, to the list. */
MUST_CHECK int rules_read_saved(struct rule_list *rules, const char *session, struct error *err);
/* The same from the text of a saved session (lttng-save(1)). Any text is safe. */
MUST_CHECK int rules_parse_saved(struct rule_list *rules, const char *session, const char *text);

/* -- session_triggers.c -- */

/* Adds the user-space event rules of the user's triggers. Only error: -ENOMEM. If the daemon does
   not answer, there are none. */
MUST_CHECK int rules_read_triggers(struct rule_list *rules);
/* Whether a trigger starts the session; `trigger` receives its name. */
bool trigger_starts_session(const char *session, char *trigger, size_t size);

/* Calls `visit` for each trigger until it returns non-zero. Returns that value, or 0. */
int triggers_each(int (*visit)(const struct lttng_trigger *trigger, void *data), void *data);
/* The pattern of the user-space events that it waits for; NULL: it waits for something else. */
const char *trigger_pattern(const struct lttng_trigger *trigger);

/* -- session_unmatched.c -- */

/* State of the warnings about rules that match no event. Starts zeroed. */
struct unmatched {
    struct table
        checked; /* hash of a rule -> version of the names when it was checked; all ones: warned */
    size_t n_warnings;
    size_t n_wildcards;
    size_t n_foreign;
};

/*
 * Warns of each rule that names one of our modules, or an event with nearly the name of one of
 * ours, and matches none. Ignores the rules of an own session. Asks the daemon at most once for the
 * events of other programs, and holds the session's lock only for that. Call it on the thread that
 * reads the rules.
 */
void unmatched_warn(struct unmatched *unmatched, struct session *session);
void unmatched_free(struct unmatched *unmatched);

/* -- session_counters.c -- */

/* State of the warnings about perf counters. Starts zeroed. */
struct counters {
    struct table tried;    /* hash of a counter -> 1: it can be opened; 1 + errno: it cannot */
    struct table warned;   /* hash of a session's name and a channel's */
    char impediment[1024]; /* the text of the last warning, or "" */
};

/* Warns, once for each channel, of a perf counter that cannot be opened, in sessions with a rule
   that matches one of our events. Call it on the thread that reads the rules. */
void counters_warn(struct counters *counters, const struct rule_list *rules,
                   struct name_set *names);
void counters_free(struct counters *counters);

/* -- session_starts.c -- */

/* A session that was started in this process, of whatever session daemon. */
struct counted_session {
    const void *id; /* liblttng-ust's; never read through */
    uint64_t last;  /* its last start: a number from 1 on, in the order of all starts */
    bool counts;
};

/* How often sessions were started. Its functions may be called from any thread. */
struct session_starts {
    bool registered;
    pthread_mutex_t lock; /* of what follows; never held while waiting */
    VEC(struct counted_session) sessions;
    uint64_t all;
    uint64_t counted; /* of the selected sessions, since they were selected */
};

/* Call it before liblttng-ust is loaded, else the sessions that are started then are not known. The
   struct must not move. */
void session_starts_init(struct session_starts *starts);
void session_starts_free(struct session_starts *starts);
/* The number of starts so far, of all sessions. */
uint64_t session_starts_of_all(struct session_starts *starts);
/* Selects the session that was started after `since`, a value of session_starts_of_all(). Its first
   start is not counted. false: there is none, or there are several, and these are selected. */
bool session_starts_select_one(struct session_starts *starts, uint64_t since);
/* Selects all that have been started. Those that are started for the first time later are not
   counted. */
void session_starts_select_all(struct session_starts *starts);
/* The one that is selected; NULL: none, or several. */
const void *session_starts_selected(struct session_starts *starts);
/* How often the selected sessions were started since. It includes each start that anybody may know
   of: that lttng_start_tracing() has returned from, or whose result the daemon has shown. */
uint64_t session_starts_count(struct session_starts *starts);

/* -- session_snapshots.c -- */

/* Snapshots that were written since begin(). */
struct found_snapshots {
    unsigned n;
    int64_t last_ns;
    char session[LTTNG_NAME_MAX]; /* of the last one, and its directory */
    char path[LTTNG_PATH_MAX];
    char missing[LTTNG_PATH_MAX]; /* where a trigger should have written one, and has not; or "" */
};

void session_begin_snapshots(struct session *session);
/* See struct session_ops. */
void session_find_snapshots(struct session *session, bool triggered);

/* -- session_create.c -- */

/* The session when the daemon was last asked. */
enum session_state {
    STATE_IDLE, /* never started */
    STATE_STARTED,
    STATE_STOPPED, /* by somebody else, during the recording */
    STATE_GONE,    /* destroyed; there may be a new one with its name */
};

struct session {
    pthread_mutex_t lock;          /* liblttng-ctl is not thread-safe: one static connection */
    atomic_llong waiting_since_ms; /* when the current request was sent; 0: there is none */
    enum session_owner owner;
    char name[LTTNG_NAME_MAX];
    char path[LTTNG_PATH_MAX]; /* or a URL, or "" */
    bool snapshots;            /* in snapshot mode */
    bool live;                 /* a live session (lttng-create(1), --live) */
    bool per_process;          /* per-process buffers */
    struct output output;      /* of an own session */
    bool removed;              /* its directory, as there was no event in it */
    char *channel;             /* where we enable our events; NULL: nowhere */
    bool started;              /* by us, and not stopped yet */
    bool joined;               /* the user's, started by us or by another tracer */
    bool stopped;              /* by us, at stopped_ns */
    bool left;                 /* the user's, and we have ended our use of it */
    bool exists;               /* an own session, not destroyed yet */
    uint64_t stopped_ns;       /* CLOCK_MONOTONIC, before the stop request */
    uint64_t created;          /* seconds since the Epoch; 0: unknown */
    enum session_state state;  /* after begin() */
    bool interrupted;          /* somebody else has stopped it at some time */
    bool stop_reported;        /* a stop by somebody else is reported, a start is not yet */
    struct session_starts counter;
    bool counts_starts;      /* `counter` counts this session, and no other one */
    uint64_t starts;         /* session_count_starts() when it was last dealt with */
    uint64_t tracers_starts; /* session_users_starts() when `counter` began */
    int64_t others_starts;   /* starts by somebody else than a tracer that were dealt with */
    int lock_fd;             /* its lock file; -1: none */
    char *lock_path;
    uint64_t discarded;      /* before we started */
    struct rule_list chosen; /* its own rules, when it was chosen */
    atomic_bool begun;
    int64_t begun_ns; /* when begin() was called, since the Epoch */
    struct found_snapshots taken;
    bool expects; /* a rule matches one of our events */
    struct name_set names;
    struct unmatched unmatched; /* of the thread that calls warn() */
    struct filters filters;     /* likewise */
    struct counters counters;   /* likewise */
    pthread_mutex_t rules_lock; /* of what follows; never held while waiting */
    struct rule_list rules;     /* of all sessions and triggers, as last read */
    VEC(char *) enabled;        /* own session: providers whose events are enabled */
};

/* NULL when memory is out. */
struct session *session_new(enum session_owner owner);
/* Creates a session of the tracer's own, not started. */
MUST_CHECK int session_make_own(const struct session_request *request, struct session **session,
                                struct error *err);

/* Discards the session (see struct session_ops) and frees it. NULL is allowed. */
void session_free(struct session *session);

/* -- session_select.c -- */

/* Chooses the session (see struct session_ops) and reads the rules of a session of the user's. */
MUST_CHECK int session_select(const struct session_request *request, struct session **session,
                              struct error *err);

/* -- session_howto.c -- */

/* "to read the trace: babeltrace2 PATH", or how else to get the records of the session. */
void session_describe(const struct session *session, char *text, size_t size);
/* See struct session_ops. */
void session_describe_empty(const struct session *session, char *text, size_t size);
/* Prints how to watch a live session. Nothing for other sessions. */
void session_say_how_to_watch(const struct session *session);

/* -- session_health.c -- */

/* 0, or why the session does not record as it should. */
MUST_CHECK int session_check(struct session *session, struct error *err);
/* The same without a look at the disk. */
MUST_CHECK int session_check_daemons(struct session *session, struct error *err);
/* 0, or -ENOSPC if the disk of the trace is full. */
MUST_CHECK int session_check_disk(const struct session *session, struct error *err);

/* -- session_lock.c -- */

/* Notes that the daemon is sent a request. With the session's lock held. */
void session_mark_waiting(struct session *session);
/* Locks the session for requests to the daemon, and unlocks it. */
void session_lock(struct session *session);
void session_unlock(struct session *session);
/* See struct session_ops. */
int64_t session_waiting_ms(const struct session *session);

/* -- session_state.c -- */

/* The channels of the session; the caller frees the array. 0 or less: there are none. */
int session_list_channels(const struct session *session, struct lttng_channel **channels);
/* A session as the daemon describes it. */
struct found_session {
    char name[LTTNG_NAME_MAX];
    char path[LTTNG_PATH_MAX];
    bool enabled; /* started */
    bool snapshots;
    bool live;
    uint64_t created; /* seconds since the Epoch; 0: unknown */
};

/* Looks the session up. 1: it exists. 0: it does not. Negative (of LTTng): the daemon does not
   answer. */
MUST_CHECK int session_find(const char *name, struct found_session *found);
/* The same for the chosen session. Its name, creation time and path identify it: a new session with
   the same name is another one. */
MUST_CHECK int session_find_again(const struct session *session, struct found_session *found);
/* Stores the state that was found; NULL: the session is gone. Reports when somebody else has
   stopped or started it. */
void session_note(struct session *session, const struct found_session *found);
void session_note_gone(struct session *session);
/* Notes that this tracer has started the session. `before`: session_starts_of_all() before that. */
void session_note_own_start(struct session *session, uint64_t before);
/* Notes that this tracer begins to use a session that somebody else has started. */
void session_note_used(struct session *session);
/* How often the session was started. Where that is not known: how often tracers have started it. */
uint64_t session_count_starts(struct session *session);
/*
 * With the lock of its lock file held: notes that somebody else than a tracer has started the
 * session since. Then it is theirs, and no tracer stops it. Returns whether it may be so and is not
 * known: this tracer has not started the session, and one of those that record was started.
 */
bool session_note_others_starts(struct session *session);
/* Sets the error of a session that is gone. Returns -ENOENT. */
int session_error_gone(const struct session *session, struct error *err);
/* See struct session_ops. */
void session_watch(struct session *session);
/* "session NAME was stopped ...; " or "", for the last line. Returns as snprintf(3) does. */
size_t session_describe_interruption(const struct session *session, char *text, size_t size);

/* -- session_listing.c -- */

/* See struct session_ops. */
MUST_CHECK int session_list_all(struct session *session, struct listed_session **list, size_t *n);
MUST_CHECK int session_inspect(struct session *session, const char *name,
                               const struct session_names *ours, struct session_view *view,
                               struct error *err);

/* -- session_tracker.c -- */

/* A process attribute tracker that is being read. Starts zeroed. */
struct tracker {
    enum { TRACKER_NONE, TRACKER_PID, TRACKER_USER, TRACKER_GROUP } kind;
    bool includes_us;
};

/* The elements of a saved session. Each returns whether the element belongs to a tracker. */
bool tracker_open(struct tracker *tracker, const char *element);
/* `excludes` is set where the tracker that ends does not track this process. */
bool tracker_close(struct tracker *tracker, const char *element, const char *text, bool *excludes);

/* -- session_users.c -- */

/* Registers this tracer as a user of the session, in its lock file, and takes the exclusive lock.
   false: there is no lock file, other tracers are unknown, and no lock is held. */
bool session_users_join(struct session *session);
/*
 * Takes the exclusive lock, which a tracer holds to start or stop the session. false: another
 * tracer holds it too long. The holder may send requests to the daemon and must not wait for
 * anything else.
 */
MUST_CHECK bool session_users_lock(struct session *session);
void session_users_unlock(struct session *session);
/* With the lock held: whether another tracer uses the session. */
bool session_users_has_others(const struct session *session);
/* With the lock held: whether a tracer has started the session, and nobody else since. */
bool session_users_has_started(const struct session *session);
void session_users_set_started(struct session *session, bool started);
/* How often tracers have started the session since the first of its present users. */
uint64_t session_users_starts(const struct session *session);
/* Ends the use of the session, and releases the lock. */
void session_users_leave(struct session *session);

/* -- session_pending_data.c -- */

/*
 * Waits until all records of this process from before the stop at `since` (CLOCK_MONOTONIC, in ns)
 * are in the trace's files; on a full disk only for a moment. Returns at once if there are no local
 * files.
 */
MUST_CHECK int session_wait_pending_data(struct session *session, uint64_t since,
                                         struct error *err);

/* -- session_end.c -- */

/* How many records the session has lost so far. */
uint64_t session_read_discarded(const struct session *session);
/* Waits until the records are written; on a full disk only for a moment. */
MUST_CHECK int session_destroy(struct session *session, struct error *err);
/* See struct session_ops. */
MUST_CHECK int session_end(struct session *session, struct error *err);
bool session_is_unresponsive(const struct session *session);
void session_discard(struct session *session);

#endif
