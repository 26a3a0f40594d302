/* Rules that name a function which does not exist: a warning with the nearest names, once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session_nearest.h"
#include "tp/session_parts.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

enum {
    WARNINGS_MAX = 5,
    WILDCARDS_MAX = 100,  /* rules with wildcards are compared with every name */
    LISTED_MAX = 20000,   /* events; above, the daemon's list of them takes seconds */
    SURELY_MEANT = 2,     /* so near to a name of ours is no other program's */
    STRANGERS_MAX = 1000, /* rules that are looked at for being so near */
    SHOWN_MAX = 3 * 256 + 8,
};

/* FNV-1a (draft-eastlake-fnv, section 2). */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

static uint64_t name_key(const char *name)
{
    return hash_text(0xcbf29ce484222325, name);
}

/* Of what stands before the colon. */
static uint64_t provider_key(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *name && *name != ':'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
    return hash;
}

int misses_learn(struct misses *misses, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (table_get(&misses->by_name, name_key(names[i])))
            continue;
        char **place = vec_push(&misses->names);
        if (!place)
            return -ENOMEM;
        *place = strdup(names[i]);
        if (!*place) {
            misses->names.count--;
            return -ENOMEM;
        }
        if (table_put(&misses->by_name, name_key(names[i]), *place) < 0 ||
            table_put(&misses->providers, provider_key(names[i]), *place) < 0)
            return -ENOMEM;
    }
    return 0;
}

void misses_free(struct misses *misses)
{
    for (size_t i = 0; i < misses->names.count; i++)
        free(misses->names.items[i]);
    vec_free(&misses->names);
    table_free(&misses->by_name);
    table_free(&misses->providers);
    table_free(&misses->judged);
}

/* Whether the pattern begins with the provider of some name, a colon behind it. */
static bool names_one_of_ours(const struct misses *misses, const char *pattern)
{
    return pattern[strcspn(pattern, ":*\\")] == ':' &&
           table_get(&misses->providers, provider_key(pattern));
}

static bool matches_any(const struct misses *misses, const struct rule *rule, bool wildcard)
{
    /* Neither log level nor exclusions: what they keep out was not misspelt. */
    struct rule plain = {.reaches_us = true};
    if (!wildcard)
        return table_get(&misses->by_name, name_key(rule->pattern)) != NULL;
    memcpy(plain.pattern, rule->pattern, sizeof(plain.pattern));
    for (size_t i = 0; i < misses->names.count; i++)
        if (rule_matches(&plain, misses->names.items[i]))
            return true;
    return false;
}

/* Whether some program has such a tracepoint: the traced one may have its own, under its own
   name. */
static bool is_anothers(const struct rule *rule)
{
    struct lttng_domain domain = {.type = LTTNG_DOMAIN_UST};
    struct lttng_handle *handle = lttng_create_handle(NULL, &domain);
    cleanup(cleanup_free) struct lttng_event *events = NULL;
    struct rule plain = {.reaches_us = true};
    bool found = false;
    memcpy(plain.pattern, rule->pattern, sizeof(plain.pattern));
    int n = handle ? lttng_list_tracepoints(handle, &events) : 0;
    for (int i = 0; i < n && !found; i++)
        found = rule_matches(&plain, events[i].name);
    if (handle)
        lttng_destroy_handle(handle);
    return found;
}

static void warn(const struct rule *rule, const struct nearest *nearest)
{
    char shown[SHOWN_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < nearest->n && used < sizeof(shown); i++)
        used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s%s",
                                 i == 0 ? "; near it: " : ", ", nearest->names[i]);
    log_warning("%s '%s'%s%s asks for no function that is traced%s",
                rule->session[0] ? "the rule" : "the trigger's condition", rule->pattern,
                rule->session[0] ? " of session " : "", rule->session, shown);
}

/* Whether there is anything to say of the rule. */
static bool judge(struct misses *misses, const struct rule *rule)
{
    struct nearest nearest;
    bool wildcard = rule_has_wildcard(rule->pattern);
    bool ours = names_one_of_ours(misses, rule->pattern);
    if ((wildcard && (!ours || misses->n_wildcards++ >= WILDCARDS_MAX)) ||
        matches_any(misses, rule, wildcard) || (!ours && misses->n_strangers++ >= STRANGERS_MAX))
        return false;
    /* What is further off than a third of what was written was not meant. */
    size_t third = strlen(rule->pattern) / 3;
    nearest_find(&nearest, rule->pattern, (const char *const *)misses->names.items,
                 misses->names.count,
                 ours && third > SURELY_MEANT ? (unsigned)third : SURELY_MEANT);
    if (!ours && nearest.n == 0)
        return false;
    if (misses->names.count <= LISTED_MAX && is_anothers(rule))
        return false;
    if (misses->n_warnings++ < WARNINGS_MAX)
        warn(rule, &nearest);
    return true;
}

void misses_judge(struct misses *misses, const struct rule_list *rules, const char *but)
{
    if (misses->names.count == 0)
        return;
    for (size_t i = 0; i < rules->list.count && misses->n_warnings < WARNINGS_MAX; i++) {
        const struct rule *rule = &rules->list.items[i];
        if (but && strcmp(rule->session, but) == 0)
            continue;
        uint64_t key = hash_text(hash_text(name_key(rule->pattern), "\n"), rule->session);
        /* Judged once for as many names as there are: a library that is loaded later may have it.
         */
        uintptr_t before = (uintptr_t)table_get(&misses->judged, key);
        if (before == UINTPTR_MAX || before == misses->names.count)
            continue;
        uintptr_t now = judge(misses, rule) ? UINTPTR_MAX : misses->names.count;
        if (table_put(&misses->judged, key, (void *)now) < 0)
            return;
    }
}
