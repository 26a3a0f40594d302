/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

/* More names are enabled by provider: the daemon and liblttng-ust compare each rule with each
   event. */
enum { EXACT_RULES_MAX = 256, PATTERNS_SHOWN = 3 };

static void clear_exclusions(struct rule *rule)
{
    for (size_t i = 0; i < rule->exclusions.count; i++)
        free(rule->exclusions.items[i]);
    vec_free(&rule->exclusions);
    free(rule->filter);
    rule->filter = NULL;
}

void rule_list_clear(struct rule_list *rules)
{
    for (size_t i = 0; i < rules->list.count; i++)
        clear_exclusions(&rules->list.items[i]);
    for (size_t i = 0; i < rules->disabled.count; i++)
        clear_exclusions(&rules->disabled.items[i]);
    for (size_t i = 0; i < rules->channels.count; i++)
        free(rules->channels.items[i]);
    vec_free(&rules->list);
    vec_free(&rules->disabled);
    vec_free(&rules->channels);
    vec_free(&rules->contexts);
    vec_free(&rules->counters);
    rules->blocks_forever = rules->is_untracked = rules->is_rotated = false;
}

struct lttng_domain session_domain(const char *session)
{
    struct lttng_domain found = {.type = LTTNG_DOMAIN_UST, .buf_type = LTTNG_BUFFER_PER_UID};
    cleanup(cleanup_free) struct lttng_domain *domains = NULL;
    int n = lttng_list_domains(session, &domains);
    for (int i = 0; i < n; i++)
        if (domains[i].type == LTTNG_DOMAIN_UST)
            found.buf_type = domains[i].buf_type;
    return found;
}

int rule_list_read(struct rule_list *rules, const char *session, struct error *err)
{
    rule_list_clear(rules);
    if (session)
        return rules_read_saved(rules, session, err);
    int rc = 0;
    cleanup(cleanup_free) struct lttng_session *sessions = NULL;
    int n = lttng_list_sessions(&sessions);
    for (int i = 0; i < n; i++) {
        struct error each;
        /* A session that is gone has no rules. */
        if (rules_read_saved(rules, sessions[i].name, &each) < 0) {
            rc = each.code;
            *err = each;
        }
    }
    int rc_triggers = rules_read_triggers(rules);
    return rc_triggers < 0 ? error_set(err, rc_triggers, "out of memory") : rc;
}

bool rule_has_wildcard(const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*')
            return true;
        pattern += *pattern == '\\' && pattern[1];
    }
    return false;
}

/* Whether the name matches the pattern (lttng-enable-event(1)): '*' matches any text, a backslash
   escapes the next character. */
static bool glob_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;
    for (;;) {
        const char *literal = pattern[0] == '\\' && pattern[1] ? pattern + 1 : pattern;
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*literal == *name) {
            if (!*name)
                return true;
            pattern = literal + 1;
            name++;
        } else if (star && *retry) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
}

/* liblttng-ust compares a pattern without wildcards literally, with its backslashes: "operator\\*"
   matches nothing. */
static bool rule_matches_name(const struct rule *rule, bool wildcard, const char *name)
{
    if (!(wildcard ? glob_matches(rule->pattern, name) : strcmp(rule->pattern, name) == 0))
        return false;
    for (size_t i = 0; i < rule->exclusions.count; i++)
        if (glob_matches(rule->exclusions.items[i], name))
            return false;
    return true;
}

bool rule_matches(const struct rule *rule, const char *name)
{
    return rule->reaches_us && rule_matches_name(rule, rule_has_wildcard(rule->pattern), name);
}

bool rule_matches_any(const struct rule *rule, const char *const *names, size_t n)
{
    bool wildcard = rule_has_wildcard(rule->pattern);
    for (size_t i = 0; rule->reaches_us && i < n; i++)
        if (rule_matches_name(rule, wildcard, names[i]))
            return true;
    return false;
}

static int enable_pattern(struct lttng_handle *handle, const char *channel,
                          const struct lttng_event *event, struct error *err)
{
    struct lttng_event wanted = *event;
    int rc = lttng_enable_event_with_exclusions(handle, &wanted, channel, NULL, 0, NULL);
    /* Already enabled is no error. */
    if (rc < 0 && rc != -LTTNG_ERR_UST_EVENT_ENABLED)
        return error_set(err, -EIO, "cannot enable %s in session %s: %s", event->name,
                         handle->session_name, lttng_strerror(rc));
    return 0;
}

/* Whether names[i] is the first of its provider; *length receives the length of the provider. */
static bool first_of_provider(const char *const *names, size_t i, size_t *length)
{
    *length = strcspn(names[i], ":");
    for (size_t j = i; j > 0; j--)
        if (strncmp(names[j - 1], names[i], *length) == 0 && names[j - 1][*length] == ':')
            return false;
    return true;
}

int rules_enable(const char *session, const char *channel, const char *const *names, size_t n,
                 enum rule_kind kind, struct error *err)
{
    struct lttng_domain domain = session_domain(session);
    struct lttng_handle *handle = lttng_create_handle(session, &domain);
    if (!handle)
        return error_set(err, -ENOMEM, "out of memory");
    int rc = 0;
    bool exact = kind == RULES_EXACT && n <= EXACT_RULES_MAX;
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct lttng_event event = {
            .type = LTTNG_EVENT_TRACEPOINT,
            .loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL,
            .loglevel = -1,
        };
        size_t length;
        /* A '*' in a name ("operator*") also matches itself. It cannot be escaped: in a pattern
           without wildcards, a backslash is literal. */
        if (exact)
            snprintf(event.name, sizeof(event.name), "%s", names[i]);
        else if (first_of_provider(names, i, &length))
            snprintf(event.name, sizeof(event.name), "%.*s:*", (int)length, names[i]);
        else
            continue;
        rc = enable_pattern(handle, channel, &event, err);
    }
    lttng_destroy_handle(handle);
    return rc;
}

char *rules_provider_patterns(const char *const *names, size_t n)
{
    char *text = strdup("");
    size_t shown = 0;
    for (size_t i = 0; i < n && text; i++) {
        size_t length;
        if (!first_of_provider(names, i, &length))
            continue;
        if (shown++ == PATTERNS_SHOWN)
            break;
        char *longer = text_format("%s%s%.*s:*", text, shown > 1 ? "," : "", (int)length, names[i]);
        free(text);
        text = longer;
    }
    return text;
}
