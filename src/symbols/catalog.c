/* SPDX-License-Identifier: MIT */
#include "symbols/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/elf/file_open.h"
#include "symbols/elf/process_root.h"
#include "symbols/elf/target_file.h"
#include "symbols/image_internal.h"
#include "symbols/symbolizer.h"
#include "symbols/type_objects.h"
#include "symbols/unnamed_functions.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

int catalog_new(struct catalog **result)
{
    struct catalog *catalog = calloc(1, sizeof(*catalog));
    if (!catalog)
        return -ENOMEM;
    pthread_mutex_init(&catalog->lock, NULL);
    catalog->names.arena = &catalog->arena;
    *result = catalog;
    return 0;
}

static void image_free(struct image *image)
{
    if (image->code)
        image->code->free(image->code);
    signature_reader_free(&image->signatures);
    debuginfo_free(image->debuginfo);
    symbolizer_free(atomic_load(&image->symbolizer));
    unnamed_functions_free(atomic_load(&image->unnamed));
    symbol_table_free(&image->symbols);
    vec_free(&image->aliases);
    vec_free(&image->functions);
    vec_free(&image->linkage);
    if (!image->is_beside)
        elf_file_close(&image->file);
    free(image);
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    for (struct image *image = catalog->images; image;) {
        struct image *next = image->next;
        image_free(image);
        image = next;
    }
    type_objects_free(&catalog->types);
    event_names_free(&catalog->names);
    arena_free(&catalog->arena);
    pthread_mutex_destroy(&catalog->lock);
    free(catalog);
}

int catalog_set_debug_path(struct catalog *catalog, const char *path)
{
    catalog->debug_path = path ? arena_strdup(&catalog->arena, path) : NULL;
    return path && !catalog->debug_path ? -ENOMEM : 0;
}

void catalog_ask_servers(struct catalog *catalog, bool ask)
{
    pthread_mutex_lock(&catalog->lock);
    catalog->debuginfod.may_ask = ask;
    pthread_mutex_unlock(&catalog->lock);
}

void catalog_stop_when(struct catalog *catalog, const atomic_bool *stop)
{
    catalog->stop = stop;
}

void catalog_set_extra_fields(struct catalog *catalog, unsigned extras)
{
    catalog->extras = extras;
}

void catalog_set_value_options(struct catalog *catalog, struct value_options value_options)
{
    catalog->value_options = value_options;
}

/* By file and name: another name of the file (a hard link) has another provider. */
static struct image *find_image(const struct catalog *catalog, const struct stat *status,
                                const char *path)
{
    struct image *image = catalog->images;
    while (image &&
           (image->is_beside || !image_is_file(image, status) || !image_has_file_name(image, path)))
        image = image->next;
    return image;
}

/* Takes ownership of `fd`. */
static int add_image(struct catalog *catalog, int fd, const char *path, struct image **result,
                     struct error *err)
{
    struct image *image = calloc(1, sizeof(*image));
    if (!image) {
        close(fd);
        return error_set(err, -ENOMEM, "out of memory");
    }
    int r = elf_file_open(&image->file, fd, path, err);
    if (r < 0) {
        free(image);
        return r;
    }
    image->catalog = catalog;
    image->access.given_root = -1;
    image->signatures.types.arena = &catalog->arena;
    image->signatures.types.value_options = catalog->value_options;
    image->path = arena_strdup(&catalog->arena, path);
    if (!image->path ||
        image_set_provider(image, event_names_provider(path, &catalog->arena)) < 0 ||
        (image->file.soname && image_learn_name(image, image->file.soname) < 0)) {
        image_free(image);
        return error_set(err, -ENOMEM, "out of memory");
    }
    image->next = catalog->images;
    catalog->images = image;
    *result = image;
    return 0;
}

static int set_read_error(const char *path, int code, struct error *err)
{
    if (code == -ENOEXEC)
        return error_set(err, code, "%s is not a regular file", path);
    return error_set(err, code, "cannot read %s: %s", path, strerror(-code));
}

int catalog_open_target(struct catalog *catalog, int found, const char *path, struct image **image,
                        struct error *err)
{
    struct stat status;
    int r = 0;
    if (fstat(found, &status) < 0)
        return set_read_error(path, -errno, err);
    pthread_mutex_lock(&catalog->lock);
    *image = find_image(catalog, &status, path);
    if (!*image) {
        int fd = target_file_open(found);
        r = fd < 0 ? set_read_error(path, fd, err) : add_image(catalog, fd, path, image, err);
    }
    pthread_mutex_unlock(&catalog->lock);
    return r;
}

int catalog_open_program(struct catalog *catalog, pid_t pid, struct image **image,
                         struct error *err)
{
    char path[PATH_MAX];
    cleanup(process_root_close) struct process_root root;
    cleanup(cleanup_fd) int file = target_file_program(pid, path);
    process_root_open(&root, pid);
    if (file < 0)
        return error_set(err, file, "cannot find the program that process %d executes: %s",
                         (int)pid, strerror(-file));
    return catalog_open_target(catalog, file, process_root_path(&root, path), image, err);
}

int catalog_open(struct catalog *catalog, const char *path, struct image **image, struct error *err)
{
    struct stat status;
    cleanup(cleanup_fd) int fd = file_open(path);
    if (fd < 0 || fstat(fd, &status) < 0)
        return set_read_error(path, fd < 0 ? fd : -errno, err);
    pthread_mutex_lock(&catalog->lock);
    *image = find_image(catalog, &status, path);
    int r = *image ? 0 : add_image(catalog, take_fd(&fd), path, image, err);
    pthread_mutex_unlock(&catalog->lock);
    return r;
}

int catalog_each(struct catalog *catalog, void (*visit)(void *data, struct image *image),
                 void *data)
{
    VEC(struct image *) images = {0};
    int r = 0;
    pthread_mutex_lock(&catalog->lock);
    for (struct image *image = catalog->images; image && r == 0; image = image->next) {
        if (image->beside && !atomic_load(&image->is_named))
            continue; /* no module has this name */
        struct image **place = vec_push(&images);
        if (place)
            *place = image;
        else
            r = -ENOMEM;
    }
    pthread_mutex_unlock(&catalog->lock);
    /* The newest is the first in the list. */
    while (r == 0 && images.count > 0)
        visit(data, images.items[--images.count]);
    vec_free(&images);
    return r;
}
