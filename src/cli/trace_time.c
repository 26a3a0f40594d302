/* SPDX-License-Identifier: MIT */
#include "cli/trace_time.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NS_PER_S = 1000000000 };

/* Digits, and up to nine behind a point. Returns what follows, or NULL. */
static const char *parse_seconds(const char *text, uint64_t max, uint64_t *ns)
{
    if (!isdigit((unsigned char)*text))
        return NULL;
    char *end;
    errno = 0;
    unsigned long long seconds = strtoull(text, &end, 10);
    if (errno || seconds > max)
        return NULL;
    *ns = seconds * NS_PER_S;
    if (*end != '.')
        return end;
    uint64_t unit = NS_PER_S / 10;
    const char *at = end + 1;
    for (; isdigit((unsigned char)*at); at++, unit /= 10)
        *ns += (uint64_t)(*at - '0') * unit;
    return at > end + 1 ? at : NULL;
}

/* "hh:mm:ss[.fraction]" */
static bool parse_of_day(const char *text, struct tm *local, uint64_t *ns)
{
    uint64_t below_minute;
    const char *at = strptime(text, "%H:%M:", local);
    at = at ? parse_seconds(at, 60, &below_minute) : NULL;
    if (!at || *at)
        return false;
    local->tm_sec = 0;
    *ns =
        ((uint64_t)local->tm_hour * 3600 + (uint64_t)local->tm_min * 60) * NS_PER_S + below_minute;
    return true;
}

int trace_time_parse(const char *text, struct trace_time *result)
{
    struct tm local = {.tm_isdst = -1};
    uint64_t ns;
    bool is_relative = *text == '+';
    const char *rest = parse_seconds(text + is_relative, UINT64_MAX / NS_PER_S / 2, &ns);
    if (rest && *rest == '\0') {
        *result = (struct trace_time){is_relative ? TIME_RELATIVE : TIME_ABSOLUTE, ns};
        return 0;
    }
    if (parse_of_day(text, &local, &ns)) {
        *result = (struct trace_time){TIME_OF_DAY, ns};
        return 0;
    }
    const char *clock = strptime(text, "%Y-%m-%d", &local);
    if (!clock || (*clock != ' ' && *clock != 'T') || !parse_of_day(clock + 1, &local, &ns))
        return -EINVAL;
    uint64_t minutes_ns = ((uint64_t)local.tm_hour * 3600 + (uint64_t)local.tm_min * 60) * NS_PER_S;
    int day = local.tm_mday;
    time_t seconds = mktime(&local);
    /* February has no 30th. */
    if (seconds < 0 || local.tm_mday != day)
        return -EINVAL;
    *result = (struct trace_time){TIME_ABSOLUTE, (uint64_t)seconds * NS_PER_S + (ns - minutes_ns)};
    return 0;
}

uint64_t trace_time_resolve(const struct trace_time *at, uint64_t begin_ns)
{
    time_t seconds = (time_t)(begin_ns / NS_PER_S);
    struct tm local;
    switch (at->kind) {
    case TIME_NONE:
        return 0;
    case TIME_ABSOLUTE:
        /* 0 means that there is no limit. */
        return at->ns ? at->ns : 1;
    case TIME_RELATIVE:
        return begin_ns + at->ns;
    case TIME_OF_DAY:
        if (!localtime_r(&seconds, &local))
            return begin_ns;
        local.tm_hour = (int)(at->ns / NS_PER_S / 3600);
        local.tm_min = (int)(at->ns / NS_PER_S / 60 % 60);
        local.tm_sec = (int)(at->ns / NS_PER_S % 60);
        local.tm_isdst = -1;
        return (uint64_t)mktime(&local) * NS_PER_S + at->ns % NS_PER_S;
    }
    return 0;
}

bool trace_time_needs_begin(const struct trace_time *at)
{
    return at->kind == TIME_OF_DAY || at->kind == TIME_RELATIVE;
}
