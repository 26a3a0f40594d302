/* SPDX-License-Identifier: MIT */
/* The exports of libptrace_tracer_session.so. */
#include "tp/session/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/vec.h"

/* Starts the session. If it was started meanwhile: it is now the user's, unless a tracer did it. */
static int start_locked(struct session *session, struct error *err)
{
    uint64_t before = session_starts_of_all(&session->counter);
    int rc = lttng_start_tracing(session->name);
    if (rc == -LTTNG_ERR_TRACE_ALREADY_STARTED && session->owner == SESSION_USER_IDLE) {
        session->joined = session->started = session_users_has_started(session);
        if (!session->joined)
            session->owner = SESSION_USER_STARTED;
        session_note_used(session);
        session->starts = session->tracers_starts;
        return 0;
    }
    if (rc < 0)
        return error_set(err, -EIO, "cannot start session %s: %s", session->name,
                         lttng_strerror(rc));
    session->joined = session->owner == SESSION_USER_IDLE;
    session_users_set_started(session, true);
    session_note_own_start(session, before);
    return 0;
}

static int start(struct session *session, struct error *err)
{
    if (!session_users_lock(session))
        return error_set(err, -EBUSY,
                         "cannot start session %s: another tracer that uses it does not answer",
                         session->name);
    int rc = start_locked(session, err);
    if (rc == 0)
        session->state = STATE_STARTED;
    session_users_unlock(session);
    return rc;
}

/* Replaces an error by its cause if that is the end of the session or of a daemon. Without a
   consumer daemon, LTTng's own text is "Unknown error". */
static int error_or_cause(struct session *session, int rc, struct error *err)
{
    struct error cause;
    if (rc < 0 && session_check_daemons(session, &cause) < 0) {
        *err = cause;
        return cause.code;
    }
    return rc;
}

/* The channel for our own rules: the only user-space channel, or channel0. */
static const char *pick_channel(const struct rule_list *rules)
{
    return rules->channels.count == 1 ? rules->channels.items[0] : "channel0";
}

/* Whether a trigger waits for one of our events. */
static bool trigger_waits(struct session *session)
{
    pthread_mutex_lock(&session->rules_lock);
    bool waits = name_set_asked_for(&session->names, &session->rules, true);
    pthread_mutex_unlock(&session->rules_lock);
    return waits;
}

static void warn_nothing_enabled(const struct session *session, const struct rule_list *rules,
                                 const struct session_names *names)
{
    cleanup(cleanup_free) char *patterns = rules_provider_patterns(names->names, names->n_selected);
    if (names->n_selected > 0 && patterns)
        log_warning("no rule of session %s matches a traced function yet; to enable all: lttng "
                    "enable-event -u -s %s -c %s '%s'",
                    session->name, session->name, pick_channel(rules), patterns);
}

/* Whether one of the names has a new provider: in an own session, all events of a provider are
   enabled with one rule. */
static bool has_new_provider(struct session *session, const char *const *names, size_t n)
{
    bool any = false;
    pthread_mutex_lock(&session->rules_lock);
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(names[i], ":");
        bool known = false;
        for (size_t j = session->enabled.count; j > 0 && !known; j--) {
            const char *provider = session->enabled.items[j - 1];
            known = strncmp(provider, names[i], length) == 0 && !provider[length];
        }
        if (known)
            continue;
        any = true;
        char **place = vec_push(&session->enabled);
        char *provider = place ? strndup(names[i], length) : NULL;
        if (provider)
            *place = provider;
        else if (place)
            session->enabled.count--;
    }
    pthread_mutex_unlock(&session->rules_lock);
    return any;
}

/*
 * Enables all events of our providers. Not `*`: that would also record liblttng-ust's own events.
 * And a rule with exclusions crashes the session daemons of LTTng 2.13 before 2.13.10 when somebody
 * lists the rules.
 */
static int begin_own(struct session *session, const struct session_names *names, struct error *err)
{
    session->expects = true;
    session->channel = strdup("channel0");
    if (!session->channel)
        return error_set(err, -ENOMEM, "out of memory");
    (void)has_new_provider(session, names->names, names->n_selected);
    int rc = rules_enable(session->name, session->channel, names->names, names->n_selected,
                          RULES_PROVIDER, err);
    return rc < 0 ? rc : start(session, err);
}

static int begin_recording(struct session *session, const struct session_names *names,
                           struct error *err)
{
    if (session->owner == SESSION_OWN)
        return begin_own(session, names, err);
    int rc = 0;
    bool matched = name_set_asked_for(&session->names, &session->chosen, false);
    session->expects = matched || session->owner == SESSION_USER_IDLE;
    if (session->owner == SESSION_USER_STARTED && !matched && !trigger_waits(session))
        warn_nothing_enabled(session, &session->chosen, names);
    if (session->owner == SESSION_USER_IDLE) {
        if (!matched) {
            session->channel = strdup(pick_channel(&session->chosen));
            rc = session->channel ? rules_enable(session->name, session->channel, names->names,
                                                 names->n_selected, RULES_EXACT, err)
                                  : error_set(err, -ENOMEM, "out of memory");
        }
        if (rc == 0)
            rc = start(session, err);
    }
    if (rc == 0)
        session_say_how_to_watch(session);
    return rc;
}

static int learn_rules(struct session *session, const char *const *names, size_t n,
                       struct error *err)
{
    int rc = name_set_learn(&session->names, names, n);
    return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

/* Sends no request for a started session: processes wait for this function, and the daemon may be
   slow. */
static int session_begin(struct session *session, const struct session_names *names,
                         struct error *err)
{
    bool asks = session->owner != SESSION_USER_STARTED;
    session_begin_snapshots(session);
    int rc = learn_rules(session, names->names, names->n, err);
    if (rc < 0)
        return rc;
    if (!asks)
        session_note_used(session);
    if (asks) {
        struct found_session found;
        session_lock(session);
        /* A new session with the same name must not be started. */
        rc = session_find_again(session, &found) == 0 ? session_error_gone(session, err) : 0;
    }
    if (rc == 0)
        rc = begin_recording(session, names, err);
    if (asks) {
        rc = error_or_cause(session, rc, err);
        session_unlock(session);
    }
    session->begun = rc == 0;
    return rc;
}

static int session_extend(struct session *session, const char *const *names, size_t n,
                          struct error *err)
{
    int rc = learn_rules(session, names, n, err);
    if (rc < 0 || !session->channel ||
        (session->owner == SESSION_OWN && !has_new_provider(session, names, n)))
        return rc;
    struct found_session found;
    session_lock(session);
    if (session_find_again(session, &found) != 0)
        rc = rules_enable(session->name, session->channel, names, n,
                          session->owner == SESSION_OWN ? RULES_PROVIDER : RULES_EXACT, err);
    if (rc < 0 && session_find_again(session, &found) == 0)
        rc = 0; /* session_check() reports that it is gone */
    session_unlock(session);
    return rc;
}

/* Reads the current rules of all sessions; a session that is destroyed meanwhile is left out. */
static void read_all_rules(struct session *session)
{
    struct rule_list rules = {0}, old;
    struct error err;
    if (rule_list_read(&rules, NULL, &err) < 0)
        log_debug("cannot read the rules of all sessions: %s", err.text);
    pthread_mutex_lock(&session->rules_lock);
    old = session->rules;
    session->rules = rules;
    pthread_mutex_unlock(&session->rules_lock);
    rule_list_clear(&old);
}

/* A channel can block the application without a limit. If the consumer daemon then stops or ends,
   the tracer would wait forever, and the traced program with it. */
static void refuse_endless_blocking(const struct session *session)
{
    if (!session->rules.blocks_forever || !getenv("LTTNG_UST_ALLOW_BLOCKING"))
        return;
    log_warning("channel %s of session %s blocks without a limit: blocking is off for the tracer",
                session->rules.blocking_channel, session->rules.blocking_session);
    unsetenv("LTTNG_UST_ALLOW_BLOCKING");
}

static int session_choose(const struct session_request *request, struct session **session,
                          struct error *err)
{
    log_set_level(request->level);
    int rc = session_select(request, session, err);
    if (rc == 0) {
        read_all_rules(*session);
        refuse_endless_blocking(*session);
    }
    return rc;
}

static bool is_provider_named(const struct session *session, const char *provider)
{
    size_t length = strlen(provider);
    bool is_prefix = strchr(provider, ':') != NULL; /* of event names */
    for (size_t i = 0; i < session->rules.list.count; i++) {
        const char *pattern = session->rules.list.items[i].pattern;
        if (strncmp(pattern, provider, length) == 0 && (is_prefix || pattern[length] == ':'))
            return true;
    }
    return false;
}

static bool session_names_provider(struct session *session, const char *provider)
{
    pthread_mutex_lock(&session->rules_lock);
    bool named = is_provider_named(session, provider);
    pthread_mutex_unlock(&session->rules_lock);
    return named;
}

static void session_learn_other_name(struct session *session, const char *other,
                                     const char *provider)
{
    if (name_set_learn_other(&session->names, other, provider) < 0)
        log_debug("out of memory");
}

static void session_update_rules(struct session *session)
{
    session_lock(session);
    read_all_rules(session);
    session_unlock(session);
}

static void session_warn(struct session *session)
{
    if (!session->begun)
        return;
    unmatched_warn(&session->unmatched, session);
    filters_warn(&session->filters, session);
    counters_warn(&session->counters, &session->rules, &session->names);
}

static int session_check_begun(struct session *session, struct error *err)
{
    session_lock(session);
    int rc = session->begun ? session_check(session, err) : 0;
    session_unlock(session);
    return rc;
}

/* Its events are those of this process alone (session_create.c): there are none of others. */
static void session_remove_empty(struct session *session)
{
    if (session->owner == SESSION_OWN && !session->exists)
        session->removed = output_remove_empty(&session->output);
}

static uint64_t session_discarded(const struct session *session)
{
    return session->discarded;
}

static bool session_expects(const struct session *session)
{
    return session->expects && !session->interrupted && session->state != STATE_GONE;
}

static const char *session_impediment(const struct session *session)
{
    return session->counters.impediment[0] ? session->counters.impediment : NULL;
}

static enum session_owner session_owner_of(const struct session *session)
{
    return session->owner;
}

static const char *session_name(const struct session *session)
{
    return session->name;
}

static const char *session_path(const struct session *session)
{
    return session->path;
}

static const void *session_address(struct session *session)
{
    return session->counts_starts ? session_starts_selected(&session->counter) : NULL;
}

static bool session_started_once(struct session *session)
{
    return session->counts_starts && session_starts_count(&session->counter) == 0;
}

extern const struct session_ops session_lttng_ops;
__attribute__((visibility("default"))) const struct session_ops session_lttng_ops = {
    .choose = session_choose,
    .begin = session_begin,
    .update_rules = session_update_rules,
    .names_provider = session_names_provider,
    .learn_other_name = session_learn_other_name,
    .warn = session_warn,
    .check = session_check_begun,
    .watch = session_watch,
    .find_snapshots = session_find_snapshots,
    .end = session_end,
    .is_unresponsive = session_is_unresponsive,
    .waiting_ms = session_waiting_ms,
    .expects = session_expects,
    .impediment = session_impediment,
    .owner = session_owner_of,
    .name = session_name,
    .path = session_path,
    .describe = session_describe,
    .describe_empty = session_describe_empty,
    .remove_empty = session_remove_empty,
    .discard = session_discard,
    .free = session_free,
    .extend = session_extend,
    .discarded = session_discarded,
    .current_path = current_session_path,
    .list = session_list_all,
    .address = session_address,
    .started_once = session_started_once,
    .inspect = session_inspect,
};
