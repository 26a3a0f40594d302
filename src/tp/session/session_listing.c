/* SPDX-License-Identifier: MIT */
/* Tells of all sessions of the daemon what is needed to write traces beside theirs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/error.h"

static void describe_session(struct started_session *one, struct lttng_session *found)
{
    *one = (struct started_session){
        .is_remote = found->live_timer_interval > 0 || found->path[0] != '/',
        .snapshots = found->snapshot_mode,
    };
    snprintf(one->name, sizeof(one->name), "%s", found->name);
    snprintf(one->path, sizeof(one->path), "%s", found->path);
    if (lttng_session_get_creation_time(found, &one->created) != LTTNG_OK)
        one->created = 0;
}

int session_list_started(struct session *session, struct started_session **list, size_t *n)
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
        if (found[i].enabled)
            describe_session(&(*list)[(*n)++], &found[i]);
    return 0;
}

static bool contexts_are_equal(const struct context_list *a, const struct context_list *b)
{
    return a->count == b->count && a->is_foreign == b->is_foreign &&
           memcmp(a->items, b->items, a->count * sizeof(a->items[0])) == 0;
}

/* Adds the contexts of a channel with a rule that matches one of our events. */
static void view_channel(struct session_view *view, const struct context_list *contexts,
                         const struct context_list **first)
{
    if (*first) {
        view->different_contexts |= !contexts_are_equal(*first, contexts);
        return;
    }
    *first = contexts;
    view->wants_us = true;
    view->foreign_contexts = contexts->is_foreign;
    view->n_contexts = contexts->count;
    memcpy(view->contexts, contexts->items, sizeof(view->contexts));
}

int session_inspect(struct session *session, const char *name, struct session_view *view,
                    struct error *err)
{
    struct rule_list rules = {0};
    size_t n_names;
    *view = (struct session_view){0};
    cleanup(cleanup_free) const char **names = name_set_list(&session->names, &n_names);
    if (!names)
        return error_set(err, -ENOMEM, "out of memory");
    session_lock(session);
    int rc = rule_list_read(&rules, name, err);
    session_unlock(session);
    const struct context_list *first = NULL;
    for (size_t i = 0; rc == 0 && !rules.is_untracked && i < rules.list.count; i++) {
        const struct rule *rule = &rules.list.items[i];
        if (rule->channel < rules.contexts.count && rule_matches_any(rule, names, n_names))
            view_channel(view, &rules.contexts.items[rule->channel], &first);
    }
    rule_list_clear(&rules);
    return rc;
}
