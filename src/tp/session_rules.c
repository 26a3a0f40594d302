#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session_parts.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

/*
 * More names than these are enabled by provider: the daemon and liblttng-ust compare every rule
 * with every event.
 */
enum { EXACT_RULES_MAX = 256, PATTERNS_SHOWN = 3 };

/* LTTNG_UST_TRACEPOINT_LOGLEVEL_DEFAULT, which events without a log level have. */
enum { OUR_LOG_LEVEL = LTTNG_LOGLEVEL_DEBUG_LINE };

void rule_list_clear(struct rule_list *rules)
{
    for (size_t i = 0; i < rules->list.count; i++) {
        struct rule *rule = &rules->list.items[i];
        for (size_t j = 0; j < rule->exclusions.count; j++)
            free(rule->exclusions.items[j]);
        vec_free(&rule->exclusions);
    }
    for (size_t i = 0; i < rules->channels.count; i++)
        free(rules->channels.items[i]);
    vec_free(&rules->list);
    vec_free(&rules->channels);
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

static bool log_level_reaches_us(const struct lttng_event *event)
{
    switch (event->loglevel_type) {
    case LTTNG_EVENT_LOGLEVEL_RANGE: /* this severe or worse; 0 is the worst */
        return OUR_LOG_LEVEL <= event->loglevel;
    case LTTNG_EVENT_LOGLEVEL_SINGLE:
        return OUR_LOG_LEVEL == event->loglevel;
    default:
        return true;
    }
}

static int add_rule(struct rule_list *rules, const char *session, struct lttng_event *event)
{
    struct rule *rule = vec_push(&rules->list);
    if (!rule)
        return -ENOMEM;
    snprintf(rule->pattern, sizeof(rule->pattern), "%s", event->name);
    snprintf(rule->session, sizeof(rule->session), "%s", session);
    rule->reaches_us = log_level_reaches_us(event);
    int n = lttng_event_get_exclusion_name_count(event);
    for (int i = 0; i < n; i++) {
        const char *name;
        if (lttng_event_get_exclusion_name(event, (size_t)i, &name) < 0)
            continue;
        char **copy = vec_push(&rule->exclusions);
        if (!copy || !(*copy = strdup(name)))
            return -ENOMEM;
    }
    return 0;
}

static int read_channel(struct rule_list *rules, struct lttng_handle *handle,
                        const struct lttng_channel *channel)
{
    char **name = vec_push(&rules->channels);
    if (!name || !(*name = strdup(channel->name)))
        return -ENOMEM;
    if (!channel->enabled)
        return 0;
    cleanup(cleanup_free) struct lttng_event *events = NULL;
    int n = lttng_list_events(handle, channel->name, &events);
    for (int i = 0; i < n; i++) {
        if (!events[i].enabled)
            continue;
        int rc = add_rule(rules, handle->session_name, &events[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_session(struct rule_list *rules, const char *session)
{
    struct lttng_domain domain = session_domain(session);
    struct lttng_handle *handle = lttng_create_handle(session, &domain);
    if (!handle)
        return -ENOMEM;
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    int n = lttng_list_channels(handle, &channels); /* an error: it has none of user space */
    int rc = 0;
    for (int i = 0; i < n && rc == 0; i++)
        rc = read_channel(rules, handle, &channels[i]);
    lttng_destroy_handle(handle);
    return rc;
}

int rule_list_read(struct rule_list *rules, const char *session, struct error *err)
{
    rule_list_clear(rules);
    int rc = 0;
    if (session) {
        rc = read_session(rules, session);
    } else {
        cleanup(cleanup_free) struct lttng_session *sessions = NULL;
        int n = lttng_list_sessions(&sessions);
        for (int i = 0; i < n && rc == 0; i++)
            rc = read_session(rules, sessions[i].name);
    }
    if (rc < 0)
        error_set(err, rc, "out of memory");
    return rc;
}

/*
 * Whether the name matches the pattern as lttng(1) has it: '*' stands for any text, a backslash
 * before a character for that character itself.
 */
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

bool rule_matches(const struct rule *rule, const char *name)
{
    if (!rule->reaches_us || !glob_matches(rule->pattern, name))
        return false;
    for (size_t i = 0; i < rule->exclusions.count; i++)
        if (glob_matches(rule->exclusions.items[i], name))
            return false;
    return true;
}

bool rule_list_matches_any(const struct rule_list *rules, const char *const *names, size_t n)
{
    for (size_t i = 0; i < rules->list.count; i++)
        for (size_t j = 0; j < n; j++)
            if (rule_matches(&rules->list.items[i], names[j]))
                return true;
    return false;
}

/* The pattern that matches the first `length` bytes of `name` and nothing else, then `rest`. */
static void copy_pattern(char *out, size_t size, const char *name, size_t length, const char *rest)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 2 < size; i++) {
        if (name[i] == '*' || name[i] == '\\')
            out[n++] = '\\';
        out[n++] = name[i];
    }
    snprintf(out + n, size - n, "%s", rest);
}

static int enable_pattern(struct lttng_handle *handle, const char *channel,
                          const struct lttng_event *event, struct error *err)
{
    struct lttng_event wanted = *event;
    int rc = lttng_enable_event_with_exclusions(handle, &wanted, channel, NULL, 0, NULL);
    /* Enabled already: what was asked for. */
    if (rc < 0 && rc != -LTTNG_ERR_UST_EVENT_ENABLED)
        return error_set(err, -EIO, "cannot enable %s in session %s: %s", event->name,
                         handle->session_name, lttng_strerror(rc));
    return 0;
}

/* Whether names[i] is the first of its provider; *length receives the provider's. */
static bool first_of_provider(const char *const *names, size_t i, size_t *length)
{
    *length = strcspn(names[i], ":");
    for (size_t j = i; j > 0; j--)
        if (strncmp(names[j - 1], names[i], *length) == 0 && names[j - 1][*length] == ':')
            return false;
    return true;
}

int rules_enable(const char *session, const char *channel, const char *const *names, size_t n,
                 struct error *err)
{
    struct lttng_domain domain = session_domain(session);
    struct lttng_handle *handle = lttng_create_handle(session, &domain);
    if (!handle)
        return error_set(err, -ENOMEM, "out of memory");
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct lttng_event event = {
            .type = LTTNG_EVENT_TRACEPOINT,
            .loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL,
            .loglevel = -1,
        };
        size_t length;
        if (n <= EXACT_RULES_MAX)
            copy_pattern(event.name, sizeof(event.name), names[i], strlen(names[i]), "");
        else if (first_of_provider(names, i, &length))
            copy_pattern(event.name, sizeof(event.name), names[i], length, ":*");
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
