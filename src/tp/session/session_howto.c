/* SPDX-License-Identifier: MIT */
/* Tells how to read the trace. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/log.h"

enum { CONTROL_PORT = 5342 /* lttng-relayd(8), --control-port */ };

/* The relay daemon in a URL of liblttng-ctl: "tcp4://HOST:PORT/DIRECTORY [data: PORT]". */
struct relay {
    char host[HOST_NAME_MAX + 3]; /* an IPv6 address is in brackets */
    long port;
};

static bool relay_parse(const char *url, struct relay *relay)
{
    const char *start = strstr(url, "://");
    if (!start || strncmp(url, "tcp", 3) != 0)
        return false;
    start += 3;
    size_t length = strcspn(start, "/ ");
    const char *colon = memrchr(start, ':', length);
    const char *bracket = memrchr(start, ']', length);
    if (bracket && colon && colon < bracket) /* a colon of the address */
        colon = NULL;
    relay->port = colon ? strtol(colon + 1, NULL, 10) : CONTROL_PORT;
    length = colon ? (size_t)(colon - start) : length;
    if (length == 0 || length >= sizeof(relay->host))
        return false;
    memcpy(relay->host, start, length);
    relay->host[length] = '\0';
    return true;
}

static void machine_name(char *name, size_t size)
{
    if (gethostname(name, size - 1) < 0)
        name[0] = '\0';
    name[size - 1] = '\0';
}

void session_say_how_to_watch(const struct session *session)
{
    struct relay relay;
    char machine[HOST_NAME_MAX + 1] = "";
    if (!session->live || !relay_parse(session->path, &relay))
        return;
    machine_name(machine, sizeof(machine));
    /* The session does not know the port for viewers. If the control port is not the default, that
       is probably not, either. */
    log_info("to watch: babeltrace2 -i lttng-live net://%s%s/host/%s/%s", relay.host,
             relay.port == CONTROL_PORT ? "" : ":LIVE-PORT", machine, session->name);
}

enum { QUOTED_MAX = 4 * PATH_MAX + sizeof("$''") };

/* The path as a word of bash(1), which is what it is pasted into. */
static const char *quote_path(const char *path, char quoted[QUOTED_MAX])
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "/._-+,:@%=";
    if (!path[strspn(path, plain)])
        return path;
    char *out = quoted;
    out += sprintf(out, "$'");
    for (size_t i = 0; path[i] && i < PATH_MAX; i++) {
        unsigned char c = (unsigned char)path[i];
        if (c < ' ' || c == 0x7f)
            out += sprintf(out, "\\%03o", c);
        else if (c == '\'' || c == '\\')
            out += sprintf(out, "\\%c", c);
        else
            *out++ = (char)c;
    }
    memcpy(out, "'", sizeof("'"));
    return quoted;
}

/* `whose`: " of session NAME", or "". */
static void describe_snapshots(const struct session *session, const char *whose, char *text,
                               size_t size)
{
    const struct found_snapshots *taken = &session->taken;
    char quoted[QUOTED_MAX];
    const char *path = quote_path(taken->path, quoted);
    if (taken->n == 1)
        snprintf(text, size, "to read the snapshot%s: babeltrace2 %s", whose, path);
    else
        snprintf(text, size, "to read the last of %u snapshots%s: babeltrace2 %s", taken->n, whose,
                 path);
}

/* Of a snapshot that a trigger takes of another session; and of one that is not there. */
static void describe_triggers(const struct session *session, char *text, size_t size)
{
    const struct found_snapshots *taken = &session->taken;
    char whose[LTTNG_NAME_MAX + 16];
    if (taken->missing[0]) {
        snprintf(text, size, "; a trigger has written no snapshot to %s yet", taken->missing);
    } else if (taken->n && (!session->snapshots || strcmp(taken->session, session->name) != 0)) {
        snprintf(whose, sizeof(whose), " of session %s", taken->session);
        size_t used = (size_t)snprintf(text, size, "; ");
        if (used < size)
            describe_snapshots(session, whose, text + used, size - used);
    }
}

static void describe_trace(const struct session *session, char *text, size_t size)
{
    struct relay relay;
    char machine[HOST_NAME_MAX + 1] = "", quoted[QUOTED_MAX];
    machine_name(machine, sizeof(machine));
    if (session->snapshots && session->taken.n &&
        strcmp(session->taken.session, session->name) == 0)
        describe_snapshots(session, "", text, size);
    else if (session->snapshots && session->per_process)
        /* The tracer's buffers end with it. */
        snprintf(text, size, "snapshots of session %s can only be taken while the tracer runs",
                 session->name);
    else if (session->snapshots)
        snprintf(text, size, "to take a snapshot: lttng snapshot record --session=%s",
                 session->name);
    else if (relay_parse(session->path, &relay))
        /* Live viewers show only new records. */
        snprintf(text, size, "lttng-relayd at %s:%ld has the trace (~/lttng-traces/%s/%s*)",
                 relay.host, relay.port, machine, session->name);
    else if (session->path[0])
        snprintf(text, size, "to read the trace: babeltrace2 %s",
                 quote_path(session->path, quoted));
    else
        snprintf(text, size, "session %s has no output", session->name);
}

void session_describe(const struct session *session, char *text, size_t size)
{
    size_t used = session_describe_interruption(session, text, size);
    if (used < size)
        describe_trace(session, text + used, size - used);
    used = strnlen(text, size);
    if (used < size)
        describe_triggers(session, text + used, size - used);
}

void session_describe_empty(const struct session *session, char *text, size_t size)
{
    size_t used = session_describe_interruption(session, text, size);
    if (used >= size)
        return;
    if (session->owner != SESSION_OWN)
        snprintf(text + used, size - used, "nothing was recorded in session %s", session->name);
    else
        snprintf(text + used, size - used, "nothing was recorded%s%s",
                 session->removed ? "" : " in ", session->removed ? "" : session->path);
}
