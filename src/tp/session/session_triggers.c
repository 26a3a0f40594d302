/* SPDX-License-Identifier: MIT */
/*
 * Reads triggers (lttng-add-trigger(1)): which events they wait for, and which sessions they start.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lttng/action/list.h>
#include <lttng/action/start-session.h>
#include <lttng/condition/event-rule-matches.h>
#include <lttng/event-rule/user-tracepoint.h>
#include <lttng/log-level-rule.h>
#include <lttng/trigger/trigger.h>

#include "tp/session/session_internal.h"

int triggers_each(int (*visit)(const struct lttng_trigger *trigger, void *data), void *data)
{
    struct lttng_triggers *triggers = NULL;
    unsigned int n = 0;
    int rc = 0;
    if (lttng_list_triggers(&triggers) != LTTNG_OK)
        return 0;
    if (lttng_triggers_get_count(triggers, &n) == LTTNG_TRIGGER_STATUS_OK)
        for (unsigned int i = 0; i < n && rc == 0; i++)
            rc = visit(lttng_triggers_get_at_index(triggers, i), data);
    lttng_triggers_destroy(triggers);
    return rc;
}

/* The event rule of a trigger that waits for a user-space event, else NULL. */
static const struct lttng_event_rule *rule_of(const struct lttng_trigger *trigger)
{
    const struct lttng_condition *condition = lttng_trigger_get_const_condition(trigger);
    const struct lttng_event_rule *rule = NULL;
    if (!condition ||
        lttng_condition_get_type(condition) != LTTNG_CONDITION_TYPE_EVENT_RULE_MATCHES ||
        lttng_condition_event_rule_matches_get_rule(condition, &rule) != LTTNG_CONDITION_STATUS_OK)
        return NULL;
    return lttng_event_rule_get_type(rule) == LTTNG_EVENT_RULE_TYPE_USER_TRACEPOINT ? rule : NULL;
}

static bool level_lets_through(const struct lttng_event_rule *rule, int level)
{
    const struct lttng_log_level_rule *wanted = NULL;
    int limit = 0;
    if (lttng_event_rule_user_tracepoint_get_log_level_rule(rule, &wanted) !=
        LTTNG_EVENT_RULE_STATUS_OK)
        return true; /* there is no log level condition */
    if (lttng_log_level_rule_get_type(wanted) == LTTNG_LOG_LEVEL_RULE_TYPE_EXACTLY)
        return lttng_log_level_rule_exactly_get_level(wanted, &limit) ==
                   LTTNG_LOG_LEVEL_RULE_STATUS_OK &&
               level == limit;
    return lttng_log_level_rule_at_least_as_severe_as_get_level(wanted, &limit) ==
               LTTNG_LOG_LEVEL_RULE_STATUS_OK &&
           level <= limit;
}

static int copy_exclusions(struct rule *rule, const struct lttng_event_rule *from)
{
    unsigned int n = 0;
    if (lttng_event_rule_user_tracepoint_get_name_pattern_exclusion_count(from, &n) !=
        LTTNG_EVENT_RULE_STATUS_OK)
        return 0;
    for (unsigned int i = 0; i < n; i++) {
        const char *text = NULL;
        if (lttng_event_rule_user_tracepoint_get_name_pattern_exclusion_at_index(from, i, &text) !=
            LTTNG_EVENT_RULE_STATUS_OK)
            continue;
        char **exclusion = vec_push(&rule->exclusions);
        if (!exclusion || !(*exclusion = strdup(text)))
            return -ENOMEM;
    }
    return 0;
}

const char *trigger_pattern(const struct lttng_trigger *trigger)
{
    const struct lttng_event_rule *rule = rule_of(trigger);
    const char *pattern = NULL;
    return rule && lttng_event_rule_user_tracepoint_get_name_pattern(rule, &pattern) ==
                       LTTNG_EVENT_RULE_STATUS_OK
               ? pattern
               : NULL;
}

static int add_rule(const struct lttng_trigger *trigger, void *data)
{
    struct rule_list *rules = data;
    const struct lttng_event_rule *from = rule_of(trigger);
    const char *pattern = trigger_pattern(trigger);
    if (!pattern)
        return 0;
    struct rule *rule = vec_push(&rules->list);
    if (!rule)
        return -ENOMEM;
    *rule = (struct rule){.reaches_us = level_lets_through(from, RULE_OUR_LOG_LEVEL)};
    snprintf(rule->pattern, sizeof(rule->pattern), "%s", pattern);
    const char *filter = NULL;
    if (lttng_event_rule_user_tracepoint_get_filter(from, &filter) == LTTNG_EVENT_RULE_STATUS_OK &&
        strlen(filter) < FILTER_MAX && !(rule->filter = strdup(filter)))
        return -ENOMEM;
    return copy_exclusions(rule, from);
}

int rules_read_triggers(struct rule_list *rules)
{
    return triggers_each(add_rule, rules);
}

/* Argument of looks_for_start(). */
struct starting {
    const char *session;
    char *trigger; /* receives the trigger's name */
    size_t size;
};

static bool starts(const struct lttng_action *action, const char *session)
{
    const char *name = NULL;
    unsigned int n = 0;
    if (!action)
        return false;
    switch (lttng_action_get_type(action)) {
    case LTTNG_ACTION_TYPE_START_SESSION:
        return lttng_action_start_session_get_session_name(action, &name) ==
                   LTTNG_ACTION_STATUS_OK &&
               strcmp(name, session) == 0;
    case LTTNG_ACTION_TYPE_LIST: /* a list contains no lists */
        if (lttng_action_list_get_count(action, &n) != LTTNG_ACTION_STATUS_OK)
            return false;
        for (unsigned int i = 0; i < n; i++) {
            const struct lttng_action *each = lttng_action_list_get_at_index(action, i);
            if (each && lttng_action_get_type(each) == LTTNG_ACTION_TYPE_START_SESSION &&
                starts(each, session))
                return true;
        }
        return false;
    default:
        return false;
    }
}

static int looks_for_start(const struct lttng_trigger *trigger, void *data)
{
    struct starting *starting = data;
    const char *name = NULL;
    if (!starts(lttng_trigger_get_const_action(trigger), starting->session))
        return 0;
    if (lttng_trigger_get_name(trigger, &name) != LTTNG_TRIGGER_STATUS_OK)
        name = "without a name";
    snprintf(starting->trigger, starting->size, "%s", name);
    return 1;
}

bool trigger_starts_session(const char *session, char *trigger, size_t size)
{
    struct starting starting = {.session = session, .trigger = trigger, .size = size};
    return triggers_each(looks_for_start, &starting) > 0;
}
