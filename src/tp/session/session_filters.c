/* SPDX-License-Identifier: MIT */
/*
 * Warns of filters that name a field which no event of theirs has: liblttng-ust then records
 * nothing, without a word.
 */
#include "tp/session/session_filters.h"

#include <stdlib.h>
#include <string.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/suggest.h"
#include "util/text.h"

enum {
    WARNINGS_MAX = 5,
    LISTINGS_MAX = 50, /* the daemon asks every program */
    LISTED_MAX = 5000, /* events; with more, the list takes seconds */
    FIELDS_MAX = 64,   /* that are shown and compared */
    DISTANCE_MAX = 2,  /* of a name that was probably meant */
    TABLE_TEXT_MAX = 512,
};

static const char first_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

/* Behind a string or a character constant that begins at `at`. */
static const char *skip_constant(const char *at)
{
    char quote = *at++;
    for (; *at && *at != quote; at++)
        at += *at == '\\' && at[1];
    return *at ? at + 1 : at;
}

/* lttng-enable-event(1), "Filter expression": the names of fields are identifiers as in C; a member
   follows after a '.', and what begins with '$' is a context. */
size_t filter_expression_names(const char *expression, char names[][FILTER_NAME_MAX], size_t max)
{
    size_t n = 0;
    for (const char *at = expression; *at && n < max;) {
        size_t length = strspn(at, letters);
        if (*at == '"' || *at == '\'') {
            at = skip_constant(at);
        } else if (*at == '$' || *at == '.') { /* a context, a member, or part of a number */
            at++;
            at += strspn(at, letters);
            at += *at == ':' ? 1 + strspn(at + 1, letters) : 0;
        } else if (length == 0) {
            at++;
        } else {
            bool known = !strchr(first_letters, *at) || length >= FILTER_NAME_MAX;
            for (size_t i = 0; i < n && !known; i++)
                known = strlen(names[i]) == length && strncmp(names[i], at, length) == 0;
            if (!known)
                snprintf(names[n++], FILTER_NAME_MAX, "%.*s", (int)length, at);
            at += length;
        }
    }
    return n;
}

/* The fields of the events of one rule. */
struct rule_fields {
    bool found; /* one of its events */
    size_t n;
    const char *names[FIELDS_MAX]; /* in the listing */
};

static bool has_field(const struct rule_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n; i++)
        if (strcmp(fields->names[i], name) == 0)
            return true;
    return false;
}

/* An event without fields is listed with an empty name of a field. The last fields are listed
   first. */
static void collect_fields(struct rule_fields *fields, const struct rule *rule,
                           struct name_set *ours, const struct lttng_event_field *list, int n)
{
    bool wildcard = rule_has_wildcard(rule->pattern);
    for (int i = n - 1; i >= 0; i--) {
        const char *event = list[i].event.name, *name = list[i].field_name;
        if ((wildcard ? !rule_matches(rule, event) : strcmp(rule->pattern, event) != 0) ||
            !name_set_has(ours, event))
            continue;
        fields->found = true;
        if (*name && fields->n < FIELDS_MAX && !has_field(fields, name))
            fields->names[fields->n++] = name;
    }
}

static void warn_unknown(const struct rule *rule, const char *name,
                         const struct rule_fields *fields)
{
    char shown[TABLE_TEXT_MAX] = "";
    size_t used = 0;
    struct suggestion meant;
    suggest_find(&meant, name, fields->names, fields->n, DISTANCE_MAX);
    for (size_t i = 0; i < fields->n && used < sizeof(shown); i++)
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%s", i ? ", " : "",
                                 fields->names[i]);
    log_warning("the filter of %s '%s'%s%s names '%s', which is no field of its events: it lets "
                "none pass; %s%s%s%s%s",
                rule->session[0] ? "the rule" : "the trigger's condition", rule->pattern,
                rule->session[0] ? " of session " : "", rule->session, name,
                fields->n ? "fields: " : "they have no fields", shown,
                used >= sizeof(shown) ? "..." : "", meant.n ? "; similar: " : "",
                meant.n ? meant.names[0] : "");
}

/* Whether it is known now what the filter names. */
static bool check_filter(struct filters *filters, const struct rule *rule, struct name_set *ours,
                         const struct lttng_event_field *list, int n)
{
    char names[FILTER_NAMES_MAX][FILTER_NAME_MAX];
    size_t n_names = filter_expression_names(rule->filter, names, FILTER_NAMES_MAX);
    struct rule_fields fields = {0};
    collect_fields(&fields, rule, ours, list, n);
    if (!fields.found)
        return false;
    /* Of more fields than there is room for, some are not known. */
    for (size_t i = 0; i < n_names && fields.n < FIELDS_MAX; i++)
        if (!has_field(&fields, names[i]) && filters->n_warnings++ < WARNINGS_MAX)
            warn_unknown(rule, names[i], &fields);
    return true;
}

static uint64_t filter_key(const struct rule *rule)
{
    uint64_t hash = text_hash(text_hash(TEXT_HASH_START, rule->pattern), "\n");
    return text_hash(text_hash(text_hash(hash, rule->session), "\n"), rule->filter);
}

static bool is_to_check(const struct filters *filters, const struct rule *rule,
                        const char *const *names, size_t n)
{
    return rule->filter && rule->reaches_us && !table_get(&filters->checked, filter_key(rule)) &&
           rule_matches_any(rule, names, n);
}

static int list_fields(struct session *session, struct lttng_event_field **list)
{
    struct lttng_domain domain = {.type = LTTNG_DOMAIN_UST};
    session_lock(session);
    struct lttng_handle *handle = lttng_create_handle(NULL, &domain);
    int n = handle ? lttng_list_tracepoint_fields(handle, list) : 0;
    if (handle)
        lttng_destroy_handle(handle);
    session_unlock(session);
    return n;
}

void filters_warn(struct filters *filters, struct session *session)
{
    const struct rule_list *rules = &session->rules;
    cleanup(cleanup_free) struct lttng_event_field *list = NULL;
    cleanup(cleanup_free) const char **names = NULL;
    size_t n_names = 0;
    int n = -1; /* not listed yet */
    for (size_t i = 0; i < rules->list.count && filters->n_warnings < WARNINGS_MAX; i++) {
        const struct rule *rule = &rules->list.items[i];
        if (!rule->filter)
            continue;
        if (!names && !(names = name_set_list(&session->names, &n_names)))
            return;
        if (n_names > LISTED_MAX || !is_to_check(filters, rule, names, n_names))
            continue;
        if (n < 0 && filters->n_listings++ >= LISTINGS_MAX)
            return;
        if (n < 0)
            n = list_fields(session, &list);
        if (n < 0)
            return;
        if (check_filter(filters, rule, &session->names, list, n) &&
            table_put(&filters->checked, filter_key(rule), filters) < 0)
            return;
    }
}

void filters_free(struct filters *filters)
{
    table_free(&filters->checked);
}
