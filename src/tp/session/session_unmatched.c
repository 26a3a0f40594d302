/* SPDX-License-Identifier: MIT */
/* Warns of rules that match no function, with similar names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/suggest.h"
#include "util/text.h"

enum {
    WARNINGS_MAX = 5,
    WILDCARDS_MAX = 100, /* rules with wildcards are compared with all names */
    LISTED_MAX = 20000,  /* events; with more, the daemon takes seconds to list them */
    TYPO_DISTANCE = 2,   /* a name so similar is probably meant to be ours */
    FOREIGN_MAX = 1000,  /* rules for other providers that are checked for similarity */
    SHOWN_MAX = 3 * 256 + 8,
};

/* The tracepoints of all programs, as the daemon lists them. */
struct listing {
    bool made;
    struct lttng_event *events;
    int n;
    struct table by_name; /* hash of a name -> its event */
};

/* State of one check of all rules. */
struct unmatched_check {
    struct unmatched *unmatched;
    struct session *session;
    size_t n; /* number of `names`, which are ours */
    const char **names;
    struct listing listing;
};

void unmatched_free(struct unmatched *unmatched)
{
    table_free(&unmatched->checked);
}

static bool matches_ours(struct unmatched_check *check, const struct rule *rule, bool wildcard)
{
    /* Ignores log level and exclusions: these are not typing errors. */
    struct rule plain = {.reaches_us = true};
    if (!wildcard)
        return name_set_has(&check->session->names, rule->pattern);
    memcpy(plain.pattern, rule->pattern, sizeof(plain.pattern));
    return rule_matches_any(&plain, check->names, check->n);
}

/* Slow: the daemon asks each program. */
static void listing_make(struct listing *listing, struct session *session)
{
    struct lttng_domain domain = {.type = LTTNG_DOMAIN_UST};
    listing->made = true;
    session_lock(session);
    struct lttng_handle *handle = lttng_create_handle(NULL, &domain);
    listing->n = handle ? lttng_list_tracepoints(handle, &listing->events) : 0;
    if (handle)
        lttng_destroy_handle(handle);
    session_unlock(session);
    for (int i = 0; i < listing->n; i++) {
        uint64_t key = text_hash(TEXT_HASH_START, listing->events[i].name);
        if (table_put(&listing->by_name, key, &listing->events[i]) < 0)
            return;
    }
}

/* Whether a program has such a tracepoint: the traced one may have its own, with its own name as
   provider. */
static bool is_listed(struct unmatched_check *check, const struct rule *rule, bool wildcard)
{
    struct listing *listing = &check->listing;
    struct rule plain = {.reaches_us = true};
    if (check->n > LISTED_MAX)
        return false;
    if (!listing->made)
        listing_make(listing, check->session);
    if (!wildcard)
        return table_get(&listing->by_name, text_hash(TEXT_HASH_START, rule->pattern)) != NULL;
    memcpy(plain.pattern, rule->pattern, sizeof(plain.pattern));
    for (int i = 0; i < listing->n; i++)
        if (rule_matches(&plain, listing->events[i].name))
            return true;
    return false;
}

static void warn_unmatched(const struct rule *rule, const struct suggestion *suggestion)
{
    char shown[SHOWN_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < suggestion->n && used < sizeof(shown); i++)
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%s",
                                 i == 0 ? "; similar names: " : ", ", suggestion->names[i]);
    log_warning("%s '%s'%s%s matches no traced function%s",
                rule->session[0] ? "the rule" : "the trigger's condition", rule->pattern,
                rule->session[0] ? " of session " : "", rule->session, shown);
}

/* The rule has another name of a module of ours. */
static void warn_other_name(const struct rule *rule, const char *provider)
{
    int length = (int)strcspn(rule->pattern, ":");
    log_warning("%s '%s'%s%s matches no traced function: '%.*s' is another name of the module %s, "
                "as in '%s%s'",
                rule->session[0] ? "the rule" : "the trigger's condition", rule->pattern,
                rule->session[0] ? " of session " : "", rule->session, length, rule->pattern,
                provider, provider, rule->pattern + length);
}

/* Checks a rule; returns whether it warned. */
static bool check_rule(struct unmatched_check *check, const struct rule *rule)
{
    struct unmatched *unmatched = check->unmatched;
    struct suggestion suggestion;
    bool wildcard = rule_has_wildcard(rule->pattern);
    const char *meant = name_set_meant(&check->session->names, rule->pattern);
    bool ours = meant || name_set_provider(&check->session->names, rule->pattern) == PROVIDER_OURS;
    if ((wildcard && (!ours || unmatched->n_wildcards++ >= WILDCARDS_MAX)) ||
        matches_ours(check, rule, wildcard) || (!ours && unmatched->n_foreign++ >= FOREIGN_MAX) ||
        (ours && is_listed(check, rule, wildcard)))
        return false;
    if (meant && unmatched->n_warnings < WARNINGS_MAX) {
        unmatched->n_warnings++;
        warn_other_name(rule, meant);
        return true;
    }
    /* A name that differs in more than a third of its characters is not similar. */
    size_t third = strlen(rule->pattern) / 3;
    suggest_find(&suggestion, rule->pattern, check->names, check->n,
                 ours && third > TYPO_DISTANCE ? (unsigned)third : TYPO_DISTANCE);
    if (!ours && (suggestion.n == 0 || is_listed(check, rule, wildcard)))
        return false;
    if (unmatched->n_warnings++ < WARNINGS_MAX)
        warn_unmatched(rule, &suggestion);
    else
        log_warning("more rules match no traced function: no further ones are checked");
    return true;
}

/* Identifies a rule. */
static uint64_t rule_key(const struct rule *rule)
{
    return text_hash(text_hash(text_hash(TEXT_HASH_START, rule->pattern), "\n"), rule->session);
}

void unmatched_warn(struct unmatched *unmatched, struct session *session)
{
    const struct rule_list *rules = &session->rules;
    struct unmatched_check check = {.unmatched = unmatched, .session = session};
    size_t count = name_set_count(&session->names), version = name_set_version(&session->names);
    for (size_t i = 0; i < rules->list.count && unmatched->n_warnings <= WARNINGS_MAX; i++) {
        const struct rule *rule = &rules->list.items[i];
        if (count == 0 ||
            (session->owner == SESSION_OWN && strcmp(rule->session, session->name) == 0))
            continue;
        uint64_t key = rule_key(rule);
        /* Checked once for each version: a library that is loaded later may have it. */
        uintptr_t before = (uintptr_t)table_get(&unmatched->checked, key);
        if (before == UINTPTR_MAX || before == version)
            continue;
        if (!check.names)
            check.names = name_set_list(&session->names, &check.n);
        if (!check.names)
            break;
        uintptr_t now = check_rule(&check, rule) ? UINTPTR_MAX : version;
        if (table_put(&unmatched->checked, key, (void *)now) < 0)
            break;
    }
    table_free(&check.listing.by_name);
    free(check.listing.events);
    free(check.names);
}
