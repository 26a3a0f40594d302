/* SPDX-License-Identifier: MIT */
/* The names of all our events, and other names of our modules. */
#ifndef TP_SESSION_NAME_SET_H
#define TP_SESSION_NAME_SET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/table.h"
#include "util/vec.h"

struct rule_list;

/* The names of all our events. From any thread. A name is valid until the set is freed. */
struct name_set {
    pthread_mutex_t lock;   /* of all below; never held while waiting */
    VEC(char *) names;      /* in the order they were added */
    struct table by_name;   /* hash of a name -> the name */
    struct table providers; /* hash of a provider -> one of its names */
    struct table others;    /* hash of another name of a module -> its provider */
    VEC(char *) of_others;  /* these providers */
};

/* Whose provider a pattern names before its colon. */
enum name_provider {
    PROVIDER_ANY, /* it has a wildcard, or there is no colon */
    PROVIDER_OURS,
    PROVIDER_OTHER,
};

void name_set_init(struct name_set *set);
/* Adds copies of the new names. -ENOMEM: some of them may be added. */
MUST_CHECK int name_set_learn(struct name_set *set, const char *const *names, size_t n);
void name_set_free(struct name_set *set);
size_t name_set_count(struct name_set *set);
/* A number that grows with each name, and each other name of a module. */
size_t name_set_version(struct name_set *set);
/* The current names: an array of *n strings. The caller frees the array, not the strings. NULL: out
   of memory. */
const char **name_set_list(struct name_set *set, size_t *n);
bool name_set_has(struct name_set *set, const char *name);
enum name_provider name_set_provider(struct name_set *set, const char *pattern);
/* The module `provider` is also known as `other`, which is in no event. -ENOMEM. */
MUST_CHECK int name_set_learn_other(struct name_set *set, const char *other, const char *provider);
/* If the pattern names such another name before its colon, and no provider of ours: the provider
   of that module, as long as the set lives. Else NULL. */
const char *name_set_meant(struct name_set *set, const char *pattern);
/* Whether a rule matches one of the names; with `triggers_only`: a rule of a trigger. */
bool name_set_asked_for(struct name_set *set, const struct rule_list *rules, bool triggers_only);

#endif
