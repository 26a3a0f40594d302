/* SPDX-License-Identifier: MIT */
/* Finds the snapshots that were taken while the tracer has traced, above all by triggers. */
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <lttng/action/list.h>
#include <lttng/action/snapshot-session.h>
#include <lttng/lttng.h>
#include <lttng/trigger/trigger.h>

#include "tp/session/name_set.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/vec.h"

enum {
    /* The session daemon takes a snapshot some time after the event. */
    WAIT_MS = 1000,
    POLL_MS = 20,
    DEPTH_MAX = 8, /* of directories in a snapshot */
};

/* A directory that snapshots of a session are written to. */
struct snapshot_place {
    char session[LTTNG_NAME_MAX];
    char path[LTTNG_PATH_MAX];
};

/* All zero is an empty list, freed with vec_free(). */
struct snapshot_places {
    VEC(struct snapshot_place) list;
    bool of_triggers; /* one of them is a trigger's that waits for one of our events */
};

/* Argument of look_for_snapshots(). */
struct trigger_places {
    struct session *session;
    struct snapshot_places *places;
};

/* Adds the place, if it is a directory of this machine. */
static void add_place(struct snapshot_places *places, const char *session, const char *url)
{
    static const char scheme[] = "file://";
    const char *path = strncmp(url, scheme, strlen(scheme)) == 0 ? url + strlen(scheme) : url;
    if (*path != '/')
        return;
    for (size_t i = 0; i < places->list.count; i++)
        if (strcmp(places->list.items[i].path, path) == 0)
            return;
    struct snapshot_place *place = vec_push(&places->list);
    if (!place)
        return;
    snprintf(place->session, sizeof(place->session), "%s", session);
    snprintf(place->path, sizeof(place->path), "%s", path);
}

/* The places of a session's outputs. An answer tells that no snapshot of it is being taken: the
   daemon does one after the other. */
static void add_outputs(struct snapshot_places *places, const char *session)
{
    struct lttng_snapshot_output_list *outputs = NULL;
    const struct lttng_snapshot_output *output;
    if (lttng_snapshot_list_output(session, &outputs) < 0)
        return;
    while ((output = lttng_snapshot_output_list_get_next(outputs)))
        add_place(places, session, lttng_snapshot_output_get_ctrl_url(output));
    lttng_snapshot_output_list_destroy(outputs);
}

/* The place of the snapshots that the action takes, if it does. */
static void add_of_action(struct snapshot_places *places, const struct lttng_action *action)
{
    const struct lttng_snapshot_output *output = NULL;
    const char *session = NULL;
    if (!action || lttng_action_get_type(action) != LTTNG_ACTION_TYPE_SNAPSHOT_SESSION ||
        lttng_action_snapshot_session_get_session_name(action, &session) != LTTNG_ACTION_STATUS_OK)
        return;
    places->of_triggers = true;
    if (lttng_action_snapshot_session_get_output(action, &output) == LTTNG_ACTION_STATUS_OK)
        add_place(places, session, lttng_snapshot_output_get_ctrl_url(output));
    else
        add_outputs(places, session);
}

/* The trigger, if it waits for one of our events. */
static int look_for_snapshots(const struct lttng_trigger *trigger, void *data)
{
    const struct trigger_places *own = data;
    const struct lttng_action *action = lttng_trigger_get_const_action(trigger);
    const char *pattern = trigger_pattern(trigger);
    struct rule rule = {.reaches_us = true};
    const struct rule_list rules = {.list = {.items = &rule, .count = 1}};
    unsigned int n = 0;
    snprintf(rule.pattern, sizeof(rule.pattern), "%s", pattern ? pattern : "");
    if (!pattern || !action || !name_set_asked_for(&own->session->names, &rules, false))
        return 0;
    if (lttng_action_get_type(action) != LTTNG_ACTION_TYPE_LIST)
        add_of_action(own->places, action);
    else if (lttng_action_list_get_count(action, &n) == LTTNG_ACTION_STATUS_OK)
        for (unsigned int i = 0; i < n; i++) /* a list contains no lists */
            add_of_action(own->places, lttng_action_list_get_at_index(action, i));
    return 0;
}

/* Whether a part of the trace has been written below the directory. */
static bool is_written(const char *directory)
{
    char *const paths[] = {(char *)directory, NULL};
    bool found = false;
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk && !found && (entry = fts_read(walk));) {
        if (entry->fts_info == FTS_D && entry->fts_level > DEPTH_MAX)
            fts_set(walk, entry, FTS_SKIP);
        found = entry->fts_info == FTS_F && strcmp(entry->fts_name, "metadata") == 0 &&
                entry->fts_statp->st_size > 0;
    }
    if (walk)
        fts_close(walk);
    return found;
}

static int64_t realtime_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* Adds what is new in the place to `found`. */
static void look_into(const struct snapshot_place *place, int64_t since_ns,
                      struct found_snapshots *found)
{
    cleanup(cleanup_dir) DIR *directory = opendir(place->path);
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[LTTNG_PATH_MAX + sizeof(entry->d_name) + 1];
        struct stat status;
        if (entry->d_name[0] == '.' ||
            fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISDIR(status.st_mode) || realtime_ns(&status.st_mtim) < since_ns)
            continue;
        snprintf(path, sizeof(path), "%s/%s", place->path, entry->d_name);
        if (!is_written(path))
            continue;
        found->n++;
        if (realtime_ns(&status.st_mtim) < found->last_ns || strlen(path) >= sizeof(found->path))
            continue;
        found->last_ns = realtime_ns(&status.st_mtim);
        memcpy(found->path, path, strlen(path) + 1);
        memcpy(found->session, place->session, sizeof(found->session));
    }
}

static void look_into_all(const struct snapshot_places *places, int64_t since_ns,
                          struct found_snapshots *found)
{
    *found = (struct found_snapshots){0};
    for (size_t i = 0; i < places->list.count; i++)
        look_into(&places->list.items[i], since_ns, found);
}

static void find_taken(struct session *session, bool triggered, struct snapshot_places *places)
{
    struct found_snapshots *found = &session->taken;
    struct trigger_places of_triggers = {.session = session, .places = places};
    if (session->snapshots)
        add_outputs(places, session->name);
    if (triggered)
        triggers_each(look_for_snapshots, &of_triggers);
    look_into_all(places, session->begun_ns, found);
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    bool waits = triggered && places->of_triggers && places->list.count;
    for (int i = 0; waits && found->n == 0 && i < WAIT_MS / POLL_MS; i++) {
        nanosleep(&pause, NULL);
        look_into_all(places, session->begun_ns, found);
    }
    if (waits && found->n == 0)
        memcpy(found->missing, places->list.items[0].path, sizeof(found->missing));
    if (found->n == 0)
        return;
    struct snapshot_places again = {0};
    add_outputs(&again, found->session); /* until it is written completely */
    vec_free(&again.list);
    look_into_all(places, session->begun_ns, found);
}

void session_begin_snapshots(struct session *session)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* as file systems do */
    session->begun_ns = realtime_ns(&now);
}

void session_find_snapshots(struct session *session, bool triggered)
{
    struct snapshot_places places = {0};
    if (!session->begun || (!session->snapshots && !triggered))
        return;
    session_lock(session);
    find_taken(session, triggered, &places);
    session_unlock(session);
    vec_free(&places.list);
}
