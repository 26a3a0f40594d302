/* SPDX-License-Identifier: MIT */
#include "symbols/type_objects.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/catalog.h"
#include "symbols/elf/file_open.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"
#include "util/text.h"

static int open_types(struct catalog *catalog, int fd, const char *path,
                      struct type_object **object, struct error *err)
{
    const struct signature_reader reader = {
        .types = {.arena = &catalog->arena, .value_options = catalog->value_options},
    };
    return type_object_open(object, fd, path, &reader, err);
}

static int add_object(struct type_objects *objects, struct type_object *object, struct error *err)
{
    struct type_object **place = vec_push(&objects->list);
    if (!place) {
        type_object_free(object);
        return error_set(err, -ENOMEM, "out of memory");
    }
    *place = object;
    return 0;
}

int catalog_add_types(struct catalog *catalog, int fd, const char *path, struct error *err)
{
    struct type_object *object;
    pthread_mutex_lock(&catalog->lock);
    int r = open_types(catalog, fd, path, &object, err);
    if (r == 0)
        r = add_object(&catalog->types, object, err);
    pthread_mutex_unlock(&catalog->lock);
    return r == -EBADMSG ? 0 : r;
}

int catalog_set_types_directory(struct catalog *catalog, const char *path)
{
    catalog->types.directory = arena_strdup(&catalog->arena, path);
    return catalog->types.directory ? 0 : -ENOMEM;
}

/* ---- the directory ---- */

static int is_type_object(const struct dirent *entry)
{
    static const char ending[] = ".types";
    size_t length = strlen(entry->d_name), its = strlen(ending);
    return length > its && strcmp(entry->d_name + length - its, ending) == 0;
}

static void open_named(struct catalog *catalog, const char *name)
{
    struct type_object *object;
    struct error err = {0};
    cleanup(cleanup_free) char *path = text_format("%s/%s", catalog->types.directory, name);
    cleanup(cleanup_fd) int fd = path ? file_open(path) : -ENOMEM;
    int r = fd < 0 ? error_set(&err, fd, "cannot read %s: %s", path ? path : name, strerror(-fd))
                   : open_types(catalog, fd, path, &object, &err);
    if (r == 0)
        r = add_object(&catalog->types, object, &err);
    if (r < 0 && r != -EBADMSG)
        log_warning("%s: no types are taken from it", err.text);
}

/* Without the directory, there are none. */
static void open_directory(struct catalog *catalog)
{
    struct dirent **entries = NULL;
    if (catalog->types.is_open || !catalog->types.directory)
        return;
    catalog->types.is_open = true;
    rlim_t soft = descriptors_use_all();
    int n = scandir(catalog->types.directory, &entries, is_type_object, alphasort);
    descriptors_hold_back(soft);
    for (int i = 0; i < n; i++) {
        open_named(catalog, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* ---- functions ---- */

static enum type_found find_symbol(struct type_object *object, const struct image *image,
                                   const struct alias *alias, struct typed_function *typed)
{
    /* An old version is another function than that of the headers, and a local symbol may be of
       another source. */
    if (alias->is_old || alias->bind == STB_LOCAL)
        return TYPE_UNKNOWN;
    typed->object = object;
    return type_object_find(object, alias->name.symbol, alias->version, image->file.soname,
                            &typed->die, &typed->line);
}

/* By the name `first`, unless there is a definition of another one. */
static bool find_in_object(struct type_object *object, const struct image *image,
                           const struct function *function, const struct alias *first,
                           struct typed_function *typed)
{
    enum type_found best = find_symbol(object, image, first, typed);
    for (size_t i = 0; i < function->n && best != TYPE_DEFINED; i++) {
        struct typed_function other;
        enum type_found found =
            find_symbol(object, image, &image->aliases.items[function->first + i], &other);
        if (found > best) {
            best = found;
            *typed = other;
        }
    }
    return best != TYPE_UNKNOWN;
}

bool type_objects_find(const struct image *image, const struct function *function,
                       const struct alias *first, struct typed_function *typed)
{
    struct type_objects *objects = &image->catalog->types;
    /* The objects of the directory are all of libraries. */
    if (image->file.soname)
        open_directory(image->catalog);
    for (size_t i = 0; i < objects->list.count; i++)
        if (find_in_object(objects->list.items[i], image, function, first, typed))
            return true;
    return false;
}

void type_objects_free(struct type_objects *objects)
{
    for (size_t i = 0; i < objects->list.count; i++)
        type_object_free(objects->list.items[i]);
    vec_free(&objects->list);
}
