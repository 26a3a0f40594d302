/* SPDX-License-Identifier: MIT */
/*
 * The names of an image: the provider of its events, which is that of the file itself, and other
 * names, by which patterns select it, too.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/event_names.h"
#include "symbols/function_pattern.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/arena.h"

enum { OTHER_NAMES_MAX = 16 };

static const char *name_in_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool image_has_file_name(const struct image *image, const char *path)
{
    return strcmp(name_in_path(image->path), name_in_path(path)) == 0;
}

struct module_names image_names(const struct image *image)
{
    return (struct module_names){
        .provider = image->provider,
        .path = image->path,
        .others = atomic_load(&image->other_names),
    };
}

static bool has_other_name(const struct image *image, const char *name, size_t *n)
{
    const char *const *names = atomic_load(&image->other_names);
    for (*n = 0; names && names[*n]; ++*n)
        if (strcmp(names[*n], name) == 0)
            return true;
    return false;
}

/* A list that was returned is never changed. `name` is in the arena. */
static int add_other_name(struct image *image, const char *name)
{
    const char *const *names = atomic_load(&image->other_names);
    size_t n;
    if (strcmp(name, image->provider) == 0 || image_has_file_name(image, name) ||
        has_other_name(image, name, &n) || n >= OTHER_NAMES_MAX)
        return 0;
    /* This is the program's name. */
    if (image->is_beside && strcmp(name, image->is_beside->provider) == 0)
        return 0;
    const char **longer = arena_array(&image->catalog->arena, n + 2, sizeof(*longer));
    if (!longer)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        longer[i] = names[i];
    longer[n] = name;
    atomic_store(&image->other_names, longer);
    return 0;
}

int image_learn_name(struct image *image, const char *path)
{
    struct arena *arena = &image->catalog->arena;
    size_t n;
    if (image_has_file_name(image, path) || !*name_in_path(path) ||
        has_other_name(image, name_in_path(path), &n) || n >= OTHER_NAMES_MAX)
        return 0;
    const char *file = arena_strdup(arena, name_in_path(path));
    const char *provider = file ? event_names_provider(file, arena) : NULL;
    if (!provider)
        return -ENOMEM;
    int r = add_other_name(image, file);
    return r < 0 ? r : add_other_name(image, provider);
}

int image_set_provider(struct image *image, const char *provider)
{
    image->provider = provider;
    image->unnamed_events =
        provider ? arena_format(&image->catalog->arena, "%s:" UNNAMED_PREFIX, provider) : NULL;
    return image->unnamed_events ? 0 : -ENOMEM;
}

const char *image_unnamed_events(const struct image *image)
{
    return image->unnamed_events;
}

/* NULL: out of memory. */
static struct image *make_beside(struct image *image)
{
    struct catalog *catalog = image->catalog;
    struct image *beside = calloc(1, sizeof(*beside));
    if (!beside)
        return NULL;
    beside->catalog = catalog;
    beside->path = image->path;
    beside->is_beside = image;
    beside->file = image->file;
    beside->access.given_root = -1;
    beside->signatures.types.arena = &catalog->arena;
    beside->signatures.types.value_options = image->signatures.types.value_options;
    const char *const *names = atomic_load(&image->other_names);
    bool learnt =
        image_set_provider(beside, event_names_provider_of_file(image->path, &catalog->arena)) == 0;
    for (; learnt && names && *names; names++)
        learnt = add_other_name(beside, *names) == 0;
    if (!learnt) {
        free(beside);
        return NULL;
    }
    beside->next = catalog->images;
    catalog->images = beside;
    return beside;
}

struct image *image_beside_program(struct image *image, const struct image *program)
{
    if (!program || image == program || strcmp(image->provider, program->provider) != 0 ||
        image_has_file_name(image, program->path)) {
        atomic_store(&image->is_named, true);
        return image;
    }
    pthread_mutex_lock(&image->catalog->lock);
    if (!image->beside)
        image->beside = make_beside(image);
    if (image->beside)
        image->beside->access = image->access;
    pthread_mutex_unlock(&image->catalog->lock);
    return image->beside;
}

int image_add_name(struct image *image, const char *path)
{
    pthread_mutex_lock(&image->catalog->lock);
    int r = image_learn_name(image, path);
    pthread_mutex_unlock(&image->catalog->lock);
    return r;
}
