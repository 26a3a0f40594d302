/* SPDX-License-Identifier: MIT */
/*
 * notified TRIGGER N: prints the captured values each time the trigger of that name fires, one line
 * each ("notified 42 3.14 text"; "-" for an unavailable value), and exits after N times. Prints
 * "ready" when it listens.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lttng/condition/evaluation.h>
#include <lttng/condition/event-rule-matches.h>
#include <lttng/endpoint.h>
#include <lttng/event-field-value.h>
#include <lttng/lttng.h>
#include <lttng/notification/channel.h>
#include <lttng/notification/notification.h>

static int fail(const char *what)
{
    fprintf(stderr, "notified: %s\n", what);
    return 1;
}

static void print_value(const struct lttng_event_field_value *value)
{
    uint64_t u;
    int64_t i;
    double real;
    const char *text;
    if (lttng_event_field_value_unsigned_int_get_value(value, &u) == 0)
        printf(" %" PRIu64, u);
    else if (lttng_event_field_value_signed_int_get_value(value, &i) == 0)
        printf(" %" PRId64, i);
    else if (lttng_event_field_value_real_get_value(value, &real) == 0)
        printf(" %g", real);
    else if (lttng_event_field_value_string_get_value(value, &text) == 0)
        printf(" %s", text);
    else
        printf(" -");
}

static void print_captures(struct lttng_notification *notification)
{
    const struct lttng_event_field_value *values = NULL, *value;
    unsigned n = 0;
    printf("notified");
    if (lttng_evaluation_event_rule_matches_get_captured_values(
            lttng_notification_get_evaluation(notification), &values) == 0)
        lttng_event_field_value_array_get_length(values, &n);
    for (unsigned i = 0; i < n; i++) {
        if (lttng_event_field_value_array_get_element_at_index(values, i, &value) != 0)
            value = NULL;
        print_value(value);
    }
    printf("\n");
    fflush(stdout);
}

static int subscribe(struct lttng_notification_channel *channel, const char *wanted)
{
    struct lttng_triggers *triggers = NULL;
    unsigned n = 0;
    int rc = -1;
    if (lttng_list_triggers(&triggers) != LTTNG_OK)
        return -1;
    lttng_triggers_get_count(triggers, &n);
    for (unsigned i = 0; i < n; i++) {
        const struct lttng_trigger *trigger = lttng_triggers_get_at_index(triggers, i);
        const char *name = "";
        lttng_trigger_get_name(trigger, &name);
        if (strcmp(name, wanted) == 0)
            rc = lttng_notification_channel_subscribe(channel,
                                                      lttng_trigger_get_const_condition(trigger));
    }
    lttng_triggers_destroy(triggers);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fail("usage: notified TRIGGER N");
    struct lttng_notification_channel *channel =
        lttng_notification_channel_create(lttng_session_daemon_notification_endpoint);
    if (!channel || subscribe(channel, argv[1]) != 0)
        return fail("cannot subscribe");
    printf("ready\n");
    fflush(stdout);
    for (long left = atol(argv[2]); left > 0; left--) {
        struct lttng_notification *notification = NULL;
        if (lttng_notification_channel_get_next_notification(channel, &notification) !=
            LTTNG_NOTIFICATION_CHANNEL_STATUS_OK)
            return fail("no notification");
        print_captures(notification);
        lttng_notification_destroy(notification);
    }
    lttng_notification_channel_destroy(channel);
    return 0;
}
