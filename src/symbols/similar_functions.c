/* SPDX-License-Identifier: MIT */
#include "symbols/similar_functions.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "symbols/image_internal.h"

enum {
    LIMIT_LEAST = 1,
    WORD_LEAST = 3 /* shorter ones are in very many names */
};

void similar_search_begin(struct similar_search *search, const char *word, bool each_overload)
{
    *search = (struct similar_search){.each_overload = each_overload};
    suggest_begin(&search->query, word);
    size_t n_wildcards = 0;
    for (const char *at = word; (at = strchr(at, '*')); at++)
        n_wildcards++;
    search->limit = (unsigned)(search->query.length - n_wildcards) / 3;
    if (search->limit < LIMIT_LEAST)
        search->limit = LIMIT_LEAST;
}

/* Whether the name is the word in some scope. */
static bool is_scoped(const char *name, size_t length, const struct suggest_query *word)
{
    return length > word->length + 2 && strcmp(name + length - word->length, word->pattern) == 0 &&
           memcmp(name + length - word->length - 2, "::", 2) == 0;
}

/* Whether two letters of the word are in each other's place. */
static bool has_two_swapped(const char *name, size_t length, const struct suggest_query *word)
{
    size_t same = 0;
    if (length != word->length)
        return false;
    while (same < length && name[same] == word->pattern[same])
        same++;
    return same + 1 < length && name[same] == word->pattern[same + 1] &&
           name[same + 1] == word->pattern[same] &&
           strcmp(name + same + 2, word->pattern + same + 2) == 0;
}

static bool is_found(const struct similar_search *search, const struct image *image,
                     const struct alias *alias)
{
    for (size_t i = 0; i < search->n; i++) {
        const struct similar_function *found = &search->found[i];
        bool is_same_overload = !search->each_overload ||
                                found->parameters == alias->name.parameters ||
                                (found->parameters && alias->name.parameters &&
                                 strcmp(found->parameters, alias->name.parameters) == 0);
        if (found->image == image && is_same_overload && strcmp(found->name, alias->name.name) == 0)
            return true;
    }
    return false;
}

static void add_similar(struct similar_search *search, const struct image *image,
                        const struct alias *alias, unsigned distance)
{
    size_t at = search->n < SUGGESTIONS_MAX ? search->n++ : SUGGESTIONS_MAX - 1;
    for (; at > 0 && search->found[at - 1].distance > distance; at--)
        search->found[at] = search->found[at - 1];
    search->found[at] = (struct similar_function){
        .image = image,
        .name = alias->name.name,
        .parameters = search->each_overload ? alias->name.parameters : NULL,
        .distance = distance,
    };
    /* From now on only smaller distances count. */
    if (search->n == SUGGESTIONS_MAX)
        search->limit = search->found[SUGGESTIONS_MAX - 1].distance;
}

static void consider_alias(struct similar_search *search, const struct image *image,
                           const struct alias *alias)
{
    const char *name = alias->name.name;
    size_t length = strlen(name);
    const struct suggest_query *query = &search->query;
    search->n_around += query->length >= WORD_LEAST && length >= query->length &&
                        strstr(name, query->pattern) != NULL;
    bool is_full = search->n == SUGGESTIONS_MAX;
    if (is_full && search->limit == 0)
        return;
    unsigned distance = suggest_measure(query, name, length, search->limit - is_full);
    if (distance > 0 && (is_scoped(name, length, query) ||
                         (length == query->length && strcasecmp(name, query->pattern) == 0)))
        distance = 0;
    if (distance > 1 && has_two_swapped(name, length, query))
        distance = 1;
    if (distance <= search->limit - is_full && !is_found(search, image, alias))
        add_similar(search, image, alias, distance);
}

void similar_search_image(struct similar_search *search, struct image *image)
{
    if (search->query.length == 0 || search->query.length > SUGGEST_NAME_MAX)
        return;
    pthread_mutex_lock(&image->catalog->lock);
    for (size_t i = 0; image->functions_made && i < image->functions.count; i++) {
        const struct function *function = &image->functions.items[i];
        if (image_is_stopped(image))
            break;
        for (size_t k = 0; k < function->n; k++)
            consider_alias(search, image, &image->aliases.items[function->first + k]);
    }
    pthread_mutex_unlock(&image->catalog->lock);
}
