/* SPDX-License-Identifier: MIT */
/* Rules that name a function which does not exist: a warning with the nearest names, once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session_internal.h"
#include "tp/session/session_suggest.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

enum {
    WARNINGS_MAX = 5,
    WILDCARDS_MAX = 100,  /* rules with wildcards are compared with every name */
    LISTED_MAX = 20000,   /* events; above, the daemon's list of them takes seconds */
    SURELY_MEANT = 2,     /* so near to a name of ours is no other program's */
    STRANGERS_MAX = 1000, /* rules that are looked at for being so near */
    SHOWN_MAX = 3 * 256 + 8,
};

/* The tracepoints that programs have, as the daemon knows them. */
struct listing {
    bool made;
    struct lttng_event *events;
    int n;
    struct table by_name; /* hash of a name -> its event */
};

/* Rules on their way through one judgement. */
struct judgement {
    struct unmatched *misses;
    struct session *session;
    size_t n; /* names of ours */
    const char **names;
    struct listing listing;
};

void unmatched_free(struct unmatched *misses)
{
    table_free(&misses->judged);
}

static bool matches_ours(struct judgement *judgement, const struct rule *rule, bool wildcard)
{
    /* Neither log level nor exclusions: what they keep out was not misspelt. */
    struct rule plain = {.reaches_us = true};
    if (!wildcard)
        return name_set_has(&judgement->session->names, rule->pattern);
    memcpy(plain.pattern, rule->pattern, sizeof(plain.pattern));
    return rule_matches_any(&plain, judgement->names, judgement->n);
}

/* Takes the daemon its time: it asks every program. */
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

/* Whether some program has such a tracepoint: the traced one may have its own, under its own
   name. */
static bool is_anothers(struct judgement *judgement, const struct rule *rule, bool wildcard)
{
    struct listing *listing = &judgement->listing;
    struct rule plain = {.reaches_us = true};
    if (judgement->n > LISTED_MAX)
        return false;
    if (!listing->made)
        listing_make(listing, judgement->session);
    if (!wildcard)
        return table_get(&listing->by_name, text_hash(TEXT_HASH_START, rule->pattern)) != NULL;
    memcpy(plain.pattern, rule->pattern, sizeof(plain.pattern));
    for (int i = 0; i < listing->n; i++)
        if (rule_matches(&plain, listing->events[i].name))
            return true;
    return false;
}

static void warn_unmatched(const struct rule *rule, const struct suggestion *nearest)
{
    char shown[SHOWN_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < nearest->n && used < sizeof(shown); i++)
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%s",
                                 i == 0 ? "; near it: " : ", ", nearest->names[i]);
    log_warning("%s '%s'%s%s asks for no function that is traced%s",
                rule->session[0] ? "the rule" : "the trigger's condition", rule->pattern,
                rule->session[0] ? " of session " : "", rule->session, shown);
}

/* Whether there is anything to say of the rule. */
static bool judge_rule(struct judgement *judgement, const struct rule *rule)
{
    struct unmatched *misses = judgement->misses;
    struct suggestion nearest;
    bool wildcard = rule_has_wildcard(rule->pattern);
    bool ours = name_set_provider(&judgement->session->names, rule->pattern) == PROVIDER_OURS;
    if ((wildcard && (!ours || misses->n_wildcards++ >= WILDCARDS_MAX)) ||
        matches_ours(judgement, rule, wildcard) ||
        (!ours && misses->n_strangers++ >= STRANGERS_MAX) ||
        (ours && is_anothers(judgement, rule, wildcard)))
        return false;
    /* What is further off than a third of what was written was not meant. */
    size_t third = strlen(rule->pattern) / 3;
    suggest_find(&nearest, rule->pattern, judgement->names, judgement->n,
                 ours && third > SURELY_MEANT ? (unsigned)third : SURELY_MEANT);
    if (!ours && (nearest.n == 0 || is_anothers(judgement, rule, wildcard)))
        return false;
    if (misses->n_warnings++ < WARNINGS_MAX)
        warn_unmatched(rule, &nearest);
    else
        log_warning("more rules ask for no function that is traced: no others are looked for");
    return true;
}

/* What is remembered of a rule: which it is. */
static uint64_t rule_key(const struct rule *rule)
{
    return text_hash(text_hash(text_hash(TEXT_HASH_START, rule->pattern), "\n"), rule->session);
}

void unmatched_judge(struct unmatched *misses, struct session *session)
{
    const struct rule_list *rules = &session->rules;
    struct judgement judgement = {.misses = misses, .session = session};
    size_t count = name_set_count(&session->names);
    for (size_t i = 0; i < rules->list.count && misses->n_warnings <= WARNINGS_MAX; i++) {
        const struct rule *rule = &rules->list.items[i];
        if (count == 0 ||
            (session->owner == SESSION_OWN && strcmp(rule->session, session->name) == 0))
            continue;
        uint64_t key = rule_key(rule);
        /* Judged once for as many names as there are: a library that is loaded later may have it.
         */
        uintptr_t before = (uintptr_t)table_get(&misses->judged, key);
        if (before == UINTPTR_MAX || before == count)
            continue;
        if (!judgement.names)
            judgement.names = name_set_list(&session->names, &judgement.n);
        if (!judgement.names)
            break;
        uintptr_t now = judge_rule(&judgement, rule) ? UINTPTR_MAX : count;
        if (table_put(&misses->judged, key, (void *)now) < 0)
            break;
    }
    table_free(&judgement.listing.by_name);
    free(judgement.listing.events);
    free(judgement.names);
}
