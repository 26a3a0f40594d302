/* SPDX-License-Identifier: MIT */
/* The names of all our events, and which rules match one of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/name_set.h"
#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/text.h"

static uint64_t name_key(const char *name)
{
    return text_hash(TEXT_HASH_START, name);
}

/* The hash of what precedes the colon. */
static uint64_t provider_key(const char *name)
{
    return text_hash_bytes(TEXT_HASH_START, name, strcspn(name, ":"));
}

void name_set_init(struct name_set *set)
{
    *set = (struct name_set){0};
    pthread_mutex_init(&set->lock, NULL);
}

static int learn_name(struct name_set *set, const char *name)
{
    if (table_get(&set->by_name, name_key(name)))
        return 0;
    char **place = vec_push(&set->names);
    if (!place)
        return -ENOMEM;
    *place = strdup(name);
    if (!*place) {
        set->names.count--;
        return -ENOMEM;
    }
    if (table_put(&set->by_name, name_key(name), *place) < 0 ||
        table_put(&set->providers, provider_key(name), *place) < 0)
        return -ENOMEM;
    return 0;
}

int name_set_learn(struct name_set *set, const char *const *names, size_t n)
{
    int rc = 0;
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = learn_name(set, names[i]);
    pthread_mutex_unlock(&set->lock);
    return rc;
}

void name_set_free(struct name_set *set)
{
    for (size_t i = 0; i < set->names.count; i++)
        free(set->names.items[i]);
    vec_free(&set->names);
    for (size_t i = 0; i < set->of_others.count; i++)
        free(set->of_others.items[i]);
    vec_free(&set->of_others);
    table_free(&set->others);
    table_free(&set->by_name);
    table_free(&set->providers);
    pthread_mutex_destroy(&set->lock);
}

const char **name_set_list(struct name_set *set, size_t *n)
{
    pthread_mutex_lock(&set->lock);
    const char **list = calloc(set->names.count + 1, sizeof(*list));
    *n = list ? set->names.count : 0;
    if (*n > 0)
        memcpy(list, set->names.items, *n * sizeof(*list));
    pthread_mutex_unlock(&set->lock);
    return list;
}

size_t name_set_count(struct name_set *set)
{
    pthread_mutex_lock(&set->lock);
    size_t count = set->names.count;
    pthread_mutex_unlock(&set->lock);
    return count;
}

size_t name_set_version(struct name_set *set)
{
    pthread_mutex_lock(&set->lock);
    size_t version = set->names.count + set->of_others.count;
    pthread_mutex_unlock(&set->lock);
    return version;
}

bool name_set_has(struct name_set *set, const char *name)
{
    pthread_mutex_lock(&set->lock);
    bool has = table_get(&set->by_name, name_key(name)) != NULL;
    pthread_mutex_unlock(&set->lock);
    return has;
}

enum name_provider name_set_provider(struct name_set *set, const char *pattern)
{
    if (pattern[strcspn(pattern, ":*\\")] != ':')
        return PROVIDER_ANY;
    pthread_mutex_lock(&set->lock);
    bool ours = table_get(&set->providers, provider_key(pattern)) != NULL;
    pthread_mutex_unlock(&set->lock);
    return ours ? PROVIDER_OURS : PROVIDER_OTHER;
}

static int learn_other(struct name_set *set, const char *other, const char *provider)
{
    if (table_get(&set->others, name_key(other)))
        return 0;
    char **place = vec_push(&set->of_others);
    if (!place)
        return -ENOMEM;
    *place = strdup(provider);
    if (!*place) {
        set->of_others.count--;
        return -ENOMEM;
    }
    return table_put(&set->others, name_key(other), *place);
}

int name_set_learn_other(struct name_set *set, const char *other, const char *provider)
{
    pthread_mutex_lock(&set->lock);
    int rc = learn_other(set, other, provider);
    pthread_mutex_unlock(&set->lock);
    return rc;
}

const char *name_set_meant(struct name_set *set, const char *pattern)
{
    if (name_set_provider(set, pattern) != PROVIDER_OTHER)
        return NULL;
    pthread_mutex_lock(&set->lock);
    const char *provider = table_get(&set->others, provider_key(pattern));
    pthread_mutex_unlock(&set->lock);
    return provider;
}

/* Compares only rules with wildcards, for any provider or one of ours, with all names. */
static bool name_matches(struct name_set *set, const struct rule *rule, const char *const *list,
                         size_t n)
{
    if (!rule->reaches_us)
        return false;
    if (!rule_has_wildcard(rule->pattern))
        return name_set_has(set, rule->pattern) && rule_matches(rule, rule->pattern);
    return name_set_provider(set, rule->pattern) != PROVIDER_OTHER &&
           rule_matches_any(rule, list, n);
}

bool name_set_asked_for(struct name_set *set, const struct rule_list *rules, bool triggers_only)
{
    size_t n;
    cleanup(cleanup_free) const char **list = name_set_list(set, &n);
    for (size_t i = 0; list && i < rules->list.count; i++) {
        const struct rule *rule = &rules->list.items[i];
        if ((!triggers_only || !rule->session[0]) && name_matches(set, rule, list, n))
            return true;
    }
    return false;
}
