/* SPDX-License-Identifier: MIT */
#include "symbols/similar_modules.h"

#include <string.h>

#include "symbols/image.h"

/* "libfoo" of "libfoo.so.2" */
static size_t stem_length(const char *file)
{
    const char *end = strstr(file, ".so");
    return end ? (size_t)(end - file) : strlen(file);
}

/* Takes the name if it is nearer. */
static void take_nearer(const struct suggest_query *query, const char *name, size_t length,
                        const char **nearest, unsigned *distance)
{
    unsigned to = suggest_measure(query, name, length, *distance);
    if (to >= *distance)
        return;
    *distance = to;
    *nearest = name;
}

/* The name of the module that is nearest to what the query wants, and its distance. */
static unsigned nearest_name(const struct image *image, const struct suggest_query *query,
                             unsigned limit, const char **name)
{
    const struct module_names names = image_names(image);
    const char *slash = strrchr(names.path, '/'), *file = slash ? slash + 1 : names.path;
    unsigned distance = limit + 1;
    *name = names.provider;
    take_nearer(query, names.provider, strlen(names.provider), name, &distance);
    take_nearer(query, file, strlen(file), name, &distance);
    take_nearer(query, file, stem_length(file), name, &distance);
    for (const char *const *other = names.others; other && *other; other++)
        take_nearer(query, *other, strlen(*other), name, &distance);
    return distance;
}

void similar_modules_find(struct similar_modules *similar, const char *wanted,
                          struct image *const *images, size_t n)
{
    struct suggest_query query;
    unsigned distances[SUGGESTIONS_MAX];
    unsigned limit = strlen(wanted) < 6 ? 1 : (unsigned)strlen(wanted) / 3;
    *similar = (struct similar_modules){0};
    if (strlen(wanted) > SUGGEST_NAME_MAX)
        return;
    suggest_begin(&query, wanted);
    for (size_t i = 0; i < n; i++) {
        const char *name;
        unsigned distance = nearest_name(images[i], &query, limit, &name);
        size_t at = similar->n < SUGGESTIONS_MAX ? similar->n : SUGGESTIONS_MAX - 1;
        if (distance > limit ||
            (similar->n == SUGGESTIONS_MAX && distances[SUGGESTIONS_MAX - 1] <= distance))
            continue;
        similar->n = at + 1;
        for (; at > 0 && distances[at - 1] > distance; at--) {
            distances[at] = distances[at - 1];
            similar->names[at] = similar->names[at - 1];
        }
        distances[at] = distance;
        similar->names[at] = name;
    }
}
