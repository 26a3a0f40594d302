/* SPDX-License-Identifier: MIT */
/*
 * Warns of channels with perf counters as contexts that cannot be opened. liblttng-ust opens a
 * counter when it creates the channel (lttng-context-perf-counters.c,
 * lttng_add_perf_counter_to_ctx()). When that fails, the daemon skips the rules that the channel
 * has by then and all channels that follow it (lttng-tools, ust-app.c,
 * ust_app_synchronize_all_channels()), without an error.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/log.h"
#include "util/text.h"

/* Opens the counter as liblttng-ust does: for the calling thread, on any CPU, user space only. 0,
   or -errno. */
static int try(const struct counter *counter)
{
    struct perf_event_attr attributes = {
        .type = counter->type,
        .config = counter->config,
        .exclude_kernel = 1,
    };
    int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/* The same, tried once for each counter. */
static int can_count(struct counters *counters, const struct counter *counter)
{
    uint64_t key =
        text_hash_bytes(TEXT_HASH_START, (const char *)&counter->type, sizeof(counter->type));
    key = text_hash_bytes(key, (const char *)&counter->config, sizeof(counter->config));
    intptr_t known = (intptr_t)table_get(&counters->tried, key);
    if (known)
        return 1 - (int)known;
    int rc = try(counter);
    if (table_put(&counters->tried, key, (void *)(intptr_t)(1 - rc)) < 0)
        log_debug("a counter will be tried again: out of memory");
    return rc;
}

/* Whether the session has a rule that may match one of our events. */
static bool is_of_ours(const struct rule_list *rules, const char *session, struct name_set *names)
{
    for (size_t i = 0; i < rules->list.count; i++) {
        const struct rule *rule = &rules->list.items[i];
        if (strcmp(rule->session, session) != 0 || !rule->reaches_us)
            continue;
        if (rule_has_wildcard(rule->pattern)
                ? name_set_provider(names, rule->pattern) != PROVIDER_OTHER
                : name_set_has(names, rule->pattern))
            return true;
    }
    return false;
}

static const char *reason(int rc)
{
    switch (-rc) {
    case EACCES:
    case EPERM:
        return "the kernel does not allow it, see /proc/sys/kernel/perf_event_paranoid";
    case ENOENT:
    case ENODEV:
    case EINVAL:
    case EOPNOTSUPP:
        return "this machine has no such counter";
    default:
        return strerror(-rc);
    }
}

static void warn_losses(struct counters *counters, const struct counter *counter,
                        const char *channel, int rc)
{
    snprintf(counters->impediment, sizeof(counters->impediment),
             "channel %s of session %s has the context %s, which cannot be counted here (%s)",
             channel, counter->session, counter->name, reason(rc));
    log_warning("%s: LTTng may ignore its event rules and other channels of the session",
                counters->impediment);
}

void counters_warn(struct counters *counters, const struct rule_list *rules, struct name_set *names)
{
    for (size_t i = 0; i < rules->counters.count; i++) {
        const struct counter *counter = &rules->counters.items[i];
        const char *channel = rules->channels.items[counter->channel];
        uint64_t key = text_hash_event(counter->session, channel);
        if (table_get(&counters->warned, key))
            continue;
        int rc = can_count(counters, counter);
        if (rc == 0 || !is_of_ours(rules, counter->session, names) ||
            table_put(&counters->warned, key, counters) < 0)
            continue;
        warn_losses(counters, counter, channel, rc);
    }
}

void counters_free(struct counters *counters)
{
    table_free(&counters->tried);
    table_free(&counters->warned);
}
