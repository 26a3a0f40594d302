/* SPDX-License-Identifier: MIT */
/* Tells of all sessions of the daemon what is needed to write traces beside theirs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/error.h"

static void describe_session(struct listed_session *one, struct lttng_session *found)
{
    *one = (struct listed_session){
        .is_started = found->enabled,
        .is_remote = found->live_timer_interval > 0 || found->path[0] != '/',
        .snapshots = found->snapshot_mode,
    };
    snprintf(one->name, sizeof(one->name), "%s", found->name);
    snprintf(one->path, sizeof(one->path), "%s", found->path);
    if (lttng_session_get_creation_time(found, &one->created) != LTTNG_OK)
        one->created = 0;
}

int session_list_all(struct session *session, struct listed_session **list, size_t *n)
{
    cleanup(cleanup_free) struct lttng_session *found = NULL;
    *list = NULL;
    *n = 0;
    session_lock(session);
    int count = lttng_list_sessions(&found);
    session_unlock(session);
    if (count < 0)
        return count == -LTTNG_ERR_NO_SESSION ? 0 : -EIO;
    *list = calloc((size_t)count + 1, sizeof(**list));
    if (!*list)
        return -ENOMEM;
    for (int i = 0; i < count; i++)
        describe_session(&(*list)[(*n)++], &found[i]);
    return 0;
}

/* Adds the contexts of a channel with a rule that matches one of our events. */
static void view_channel(struct session_view *view, const struct context_list *contexts)
{
    view->limited_files |= contexts->limited_files;
    if (view->wanted_us) {
        view->different_contexts |=
            view->n_contexts != contexts->count || view->foreign_contexts != contexts->is_foreign ||
            memcmp(view->contexts, contexts->items, sizeof(view->contexts)) != 0;
        return;
    }
    view->wanted_us = true;
    view->foreign_contexts = contexts->is_foreign;
    view->n_contexts = contexts->count;
    memcpy(view->contexts, contexts->items, sizeof(view->contexts));
}

/* Adds the n rules. Returns whether one matches. */
static bool view_rules(struct session_view *view, const struct rule_list *rules,
                       const struct rule *list, size_t n, const struct session_names *ours)
{
    bool matches = false;
    for (size_t i = 0; i < n; i++) {
        if (list[i].channel >= rules->contexts.count ||
            !rule_matches_any(&list[i], ours->names, ours->n))
            continue;
        view_channel(view, &rules->contexts.items[list[i].channel]);
        matches = true;
    }
    return matches;
}

int session_inspect(struct session *session, const char *name, const struct session_names *ours,
                    struct session_view *view, struct error *err)
{
    struct rule_list rules = {0};
    *view = (struct session_view){0};
    session_lock(session);
    int rc = rule_list_read(&rules, name, err);
    session_unlock(session);
    view->is_rotated = rules.is_rotated;
    if (rc == 0) {
        view->wants_us = view_rules(view, &rules, rules.list.items, rules.list.count, ours) &&
                         !rules.is_untracked;
        if (!view->wanted_us)
            view_rules(view, &rules, rules.disabled.items, rules.disabled.count, ours);
    }
    rule_list_clear(&rules);
    return rc;
}
