/* SPDX-License-Identifier: MIT */
/* Reads the process attribute trackers of a saved session (lttng-track(1)). Only those of virtual
   IDs are for user space (lttng-tools, src/common/config/session.xsd). */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tp/session/session_internal.h"

static const char *const elements[] = {
    [TRACKER_PID] = "vpid_process_attr_tracker",
    [TRACKER_USER] = "vuid_process_attr_tracker",
    [TRACKER_GROUP] = "vgid_process_attr_tracker",
};

bool tracker_open(struct tracker *tracker, const char *element)
{
    if (tracker->kind != TRACKER_NONE)
        return true;
    for (size_t kind = TRACKER_PID; kind <= TRACKER_GROUP; kind++)
        if (strcmp(element, elements[kind]) == 0) {
            tracker->kind = kind;
            tracker->includes_us = false;
            return true;
        }
    return false;
}

static bool is_our_id(const struct tracker *tracker, const char *text)
{
    long id = strtol(text, NULL, 10);
    switch (tracker->kind) {
    case TRACKER_PID:
        return id == (long)getpid();
    case TRACKER_USER:
        return id == (long)getuid();
    case TRACKER_GROUP:
        return id == (long)getgid();
    case TRACKER_NONE:
        break;
    }
    return false;
}

static bool is_our_name(const struct tracker *tracker, const char *name)
{
    if (tracker->kind == TRACKER_USER) {
        const struct passwd *user = getpwnam(name);
        return user && user->pw_uid == getuid();
    }
    const struct group *group = tracker->kind == TRACKER_GROUP ? getgrnam(name) : NULL;
    return group && group->gr_gid == getgid();
}

bool tracker_close(struct tracker *tracker, const char *element, const char *text, bool *excludes)
{
    if (tracker->kind == TRACKER_NONE)
        return false;
    if (strcmp(element, elements[tracker->kind]) == 0) {
        *excludes = !tracker->includes_us;
        tracker->kind = TRACKER_NONE;
    } else if (strcmp(element, "id") == 0) {
        tracker->includes_us |= is_our_id(tracker, text);
    } else if (strcmp(element, "name") == 0) {
        tracker->includes_us |= is_our_name(tracker, text);
    }
    return true;
}
