/* SPDX-License-Identifier: MIT */
/* The parts of libptrace_tracer_session.so among themselves. */
#ifndef TP_SESSION_SESSION_INTERNAL_H
#define TP_SESSION_SESSION_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lttng/lttng.h>

#include "tp/session/session.h"
#include "util/error.h"
#include "util/table.h"
#include "util/vec.h"

/* -- session_daemon.c -- */

bool daemon_is_alive(void);
/* Makes sure that a session daemon runs, starting one as `lttng create` does. It stays. */
MUST_CHECK int daemon_start(struct error *err);

/* -- session_current.c -- */

/* The name in .lttngrc of LTTNG_HOME or, without that, of `home`: what `lttng set-session` chose
   last. NULL when there is none. The caller frees. */
char *current_session_name(const char *home);

/* -- session_output.c -- */

struct output {
    char *path; /* absolute */
    bool made;  /* by us: taken away again when nothing came of it */
};

/* An empty directory that can be written: `wanted`, or when that is NULL one of our own naming in
   the working directory. */
MUST_CHECK int output_make(struct output *output, const char *wanted, const char *program,
                           struct error *err);
/* Removes the directory if it was made and is empty. */
void output_unmake(struct output *output);
void output_free(struct output *output);
/* "ptrace_tracer-PROGRAM-YYYYmmdd-HHMMSS", harmless as a file's and a session's name. NULL when
   memory is out. The caller frees. */
char *output_name(const char *program);

/* -- session_rules.c -- */

/* LTTNG_UST_TRACEPOINT_LOGLEVEL_DEFAULT, which events without a log level have. */
enum { RULE_OUR_LOG_LEVEL = LTTNG_LOGLEVEL_DEBUG_LINE };

/* An enabled rule for user-space events, in an enabled channel or as a trigger's condition. */
struct rule {
    char pattern[LTTNG_SYMBOL_NAME_LEN];
    char session[LTTNG_NAME_MAX]; /* "": a trigger's */
    bool reaches_us;              /* its log level lets events through that have none */
    VEC(char *) exclusions;
};

/* A counter (perf_event_open(2)) that an enabled channel has as a context. */
struct counter {
    char name[LTTNG_SYMBOL_NAME_LEN]; /* of the context */
    char session[LTTNG_NAME_MAX];
    size_t channel; /* its place in the list's channels */
    uint32_t type;
    uint64_t config;
};

struct rule_list {
    VEC(struct rule) list;
    VEC(char *) channels; /* of user space, in all sessions looked at */
    VEC(struct counter) counters;
    bool blocks_forever; /* one of them blocks applications without a limit: */
    char blocking_channel[LTTNG_SYMBOL_NAME_LEN];
    char blocking_session[LTTNG_NAME_MAX];
};

/* Reads the rules of the session, or with NULL of all sessions and triggers of the user. The rules
   are cleared first. Where a session cannot be read, what was read of the others stays, and the
   error is that of the last such session. The caller clears the list, however it went. */
MUST_CHECK int rule_list_read(struct rule_list *rules, const char *session, struct error *err);
void rule_list_clear(struct rule_list *rules);
/* Whether some '*' in the pattern stands for anything. */
bool rule_has_wildcard(const char *pattern);
/* Whether an event of that name ("provider:event") passes the rule, filters aside. */
bool rule_matches(const struct rule *rule, const char *name);
/* Whether it matches some of the n names. */
bool rule_matches_any(const struct rule *rule, const char *const *names, size_t n);

/* What the daemon has as user-space domain of the session, for lttng_create_handle(). */
struct lttng_domain session_domain(const char *session);
enum rule_kind {
    RULES_EXACT,    /* one rule per event, when they are not too many */
    RULES_PROVIDER, /* one rule per provider of theirs, for all its events */
};

/* Enables these events in the channel, which is made if need be. */
MUST_CHECK int rules_enable(const char *session, const char *channel, const char *const *names,
                            size_t n, enum rule_kind kind, struct error *err);
/* The providers of the names, as patterns "a:*,b:*" for the command line: a few, then "...". The
   caller frees; NULL when memory is out. */
char *rules_provider_patterns(const char *const *names, size_t n);

/* -- session_saved.c -- */

/* Adds the enabled rules of the session, and its channels, to the list. */
MUST_CHECK int rules_read_saved(struct rule_list *rules, const char *session, struct error *err);
/* The same from the text of a saved session (lttng-save(1)), which may be anything. */
MUST_CHECK int rules_parse_saved(struct rule_list *rules, const char *session, const char *text);

/* -- session_triggers.c -- */

/* Adds what the user's triggers wait for in user space. -ENOMEM; a daemon that does not answer has
   none. */
MUST_CHECK int rules_read_triggers(struct rule_list *rules);
/* Whether a trigger is there that starts the session; `trigger` receives its name. */
bool trigger_starts_session(const char *session, char *trigger, size_t size);

/* -- session_names.c -- */

/* All event names of ours, from any thread. Names stay until the set is freed. */
struct name_set {
    pthread_mutex_t lock;   /* of all below; held while nothing is waited for */
    VEC(char *) names;      /* in the order in which they were learnt */
    struct table by_name;   /* hash of a name -> it */
    struct table providers; /* hash of a provider -> a name of its */
};

/* Whose module a pattern names before its colon. */
enum name_provider {
    PROVIDER_OPEN, /* any: there are wildcards in it, or there is no colon */
    PROVIDER_OURS,
    PROVIDER_ANOTHERS,
};

void name_set_init(struct name_set *set);
/* Copies those names that are new. -ENOMEM leaves a part of them learnt. */
MUST_CHECK int name_set_learn(struct name_set *set, const char *const *names, size_t n);
void name_set_free(struct name_set *set);
size_t name_set_count(struct name_set *set);
/* The names there are now: an array of *n for the caller to free, of strings that are the set's.
   NULL when memory is out. */
const char **name_set_list(struct name_set *set, size_t *n);
bool name_set_has(struct name_set *set, const char *name);
enum name_provider name_set_provider(struct name_set *set, const char *pattern);
/* Whether some of the rules, or only of those of triggers, asks for one of the names. */
bool name_set_asked_for(struct name_set *set, const struct rule_list *rules, bool triggers_only);

/* -- session_unmatched.c -- */

/* What is known of rules that ask for nothing. Starts zeroed. */
struct unmatched {
    struct table judged; /* hash of a rule -> how many names there were then; all ones: warned */
    size_t n_warnings;
    size_t n_wildcards;
    size_t n_strangers;
};

/* Warns of each rule that names one of our modules, or nearly one of our events, and matches none;
   but not of those of an own session. Asks the daemon at most once what other programs have, and
   holds the session's lock for no longer than that. On the thread that reads the rules. */
void unmatched_judge(struct unmatched *misses, struct session *session);
void unmatched_free(struct unmatched *misses);

/* -- session_counters.c -- */

/* What is known of counters in channels. Starts zeroed. */
struct counters {
    struct table tried;    /* hash of a counter -> 1: it can be counted; 1 + errno: it cannot */
    struct table warned;   /* hash of a session's name and a channel's */
    char impediment[1024]; /* what the last warning told of, or "" */
};

/* Warns, once for each channel, of a counter that cannot be counted here in a session that is asked
   for something of ours. On the thread that reads the rules. */
void counters_judge(struct counters *counters, const struct rule_list *rules,
                    struct name_set *names);
void counters_free(struct counters *counters);

/* -- session_create.c -- */

/* What the session was when the daemon was last asked. */
enum session_seen {
    SEEN_IDLE, /* never started */
    SEEN_STARTED,
    SEEN_STOPPED, /* by somebody else, while it was used */
    SEEN_GONE,    /* destroyed, perhaps with another one made of its name */
};

struct session {
    pthread_mutex_t lock;  /* liblttng-ctl keeps its one connection in a static variable */
    atomic_llong asked_ms; /* when the daemon was asked what it has not answered yet; 0: nothing */
    enum session_owner owner;
    char name[LTTNG_NAME_MAX];
    char path[LTTNG_PATH_MAX]; /* or a URL, or "" */
    bool snapshots;            /* it only keeps what a snapshot takes */
    bool live;                 /* it is read over the network while it records */
    bool per_process;          /* each process has buffers of its own */
    struct output output;      /* of an own session */
    char *channel;             /* where our events are enabled; NULL: nowhere */
    bool started;              /* by us, and not stopped yet */
    bool joined;               /* the user's, started by us or by a tracer before */
    bool stopped;              /* by us, at stopped_ns */
    bool left;                 /* the user's, stopped or left started */
    bool exists;               /* an own session that is not destroyed yet */
    uint64_t stopped_ns;       /* CLOCK_MONOTONIC, before the daemon was asked to stop it */
    uint64_t created;          /* seconds since the Epoch; 0: not known */
    enum session_seen seen;    /* once it has begun */
    bool interrupted;          /* somebody else had stopped it */
    bool stop_told;  /* that somebody else has stopped it; not told yet that it is started */
    uint64_t starts; /* by tracers, when it was seen last; see session_use_starts() */
    int use_fd;      /* its lock file; -1: none */
    char *use_path;
    uint64_t discarded;      /* before we started */
    struct rule_list chosen; /* its rules, and those of no other, when it was chosen */
    atomic_bool begun;
    bool expects; /* rules ask for something of ours */
    struct name_set names;
    struct unmatched misses;    /* of the thread that judges */
    struct counters counters;   /* likewise */
    pthread_mutex_t rules_lock; /* of what follows: held for no longer than it takes to look */
    struct rule_list rules;     /* of all sessions, as they were last read */
    VEC(char *) enabled;        /* in an own session: providers all of whose events are */
};

/* NULL when memory is out. */
struct session *session_new(enum session_owner owner);
/* A session of the tracer's own, ready to be started. */
MUST_CHECK int session_make_own(const struct session_request *request, struct session **session,
                                struct error *err);

/* Undoes what was not ended, and frees. NULL is fine. */
void session_free(struct session *session);

/* -- session_choice.c -- */

/* Chooses the session (see struct session_ops), and reads the rules of one that is not our own. */
MUST_CHECK int session_choice(const struct session_request *request, struct session **session,
                              struct error *err);

/* -- session_howto.c -- */

/* "to read the trace: babeltrace2 PATH", or whatever else leads to the records of such a session.
 */
void session_describe(const struct session *session, char *text, size_t size);
/* One line on how a live session is watched; nothing of others. */
void session_say_how_to_watch(const struct session *session);

/* -- session_health.c -- */

/* 0, or why the session does not record as it should. */
MUST_CHECK int session_check(struct session *session, struct error *err);
/* 0, or that there is no room where the session's trace is. */
MUST_CHECK int session_check_disk(const struct session *session, struct error *err);

/* -- session_asked.c -- */

/* The daemon is about to be asked something: by who holds the session's lock. */
void session_asks(struct session *session);
/* Takes the lock, to ask the daemon; has its answer, and gives the lock back. */
void session_lock(struct session *session);
void session_unlock(struct session *session);
/* For how many milliseconds it has owed an answer; 0: it owes none. */
int64_t session_silent_ms(const struct session *session);

/* -- session_state.c -- */

/* The channels of the session: an array for the caller to free. 0 and less: there are none. */
int session_list_channels(const struct session *session, struct lttng_channel **channels);
/* A session as the daemon tells of it. */
struct found_session {
    char name[LTTNG_NAME_MAX];
    char path[LTTNG_PATH_MAX];
    bool enabled; /* started */
    bool snapshots;
    bool live;
    uint64_t created; /* seconds since the Epoch; 0: not known */
};

/* What the daemon says of the session: 1 it is there, 0 it is not, negative (of LTTng) when it
   cannot be asked. */
MUST_CHECK int session_find(const char *name, struct found_session *found);
/* The same for the session that was chosen, which goes by name, time of creation and path: one that
   was made anew under its name is another. */
MUST_CHECK int session_find_again(const struct session *session, struct found_session *found);
/* Notes what was found, NULL: nothing. Says in a line when somebody else has stopped or started it.
 */
void session_note(struct session *session, const struct found_session *found);
void session_note_gone(struct session *session);
/* -ENOENT, with the words for it. */
int session_error_gone(const struct session *session, struct error *err);
/* See struct session_ops. */
void session_watch(struct session *session);
/* For the last line, as snprintf(3): "session NAME was stopped ...; ", or nothing. */
size_t session_describe_interruption(const struct session *session, char *text, size_t size);

/* -- session_use.c -- */

/* Begins to use the session, and holds the decision. false: there is no lock file, and nothing is
   known of other tracers. */
bool session_use_begin(struct session *session);
/* Holds the decision on starting and stopping the session: no other tracer has it then. false: one
   has it for too long. Whoever holds it may ask the daemon, but waits for nothing else. */
MUST_CHECK bool session_use_decide(struct session *session);
void session_use_decided(struct session *session);
/* With the decision held: whether another tracer uses the session, */
bool session_use_is_shared(const struct session *session);
/* and whether a tracer has started it, and nobody else since. */
bool session_use_is_started(const struct session *session);
void session_use_set_started(struct session *session, bool started);
/* How often tracers have started it since the first one of those that use it. */
uint64_t session_use_starts(const struct session *session);
/* Ends the use, and the decision with it. */
void session_use_end(struct session *session);

/* -- session_written.c -- */

/* Waits until what this process had recorded when the session was stopped, after `since`
   (CLOCK_MONOTONIC, in ns), is in the files, but on a full disk only for a moment. Does not wait
   where there are no files here. */
MUST_CHECK int session_wait_written(struct session *session, uint64_t since, struct error *err);

/* -- session_end.c -- */

/* How many records the session has lost so far. */
uint64_t session_read_discarded(const struct session *session);
/* Waits for what is still to be written, but on a full disk only for a moment. */
MUST_CHECK int session_destroy(struct session *session, struct error *err);
/* See struct session_ops. */
MUST_CHECK int session_end(struct session *session, struct error *err);
bool session_unanswered(const struct session *session);
void session_discard(struct session *session);

#endif
