/* SPDX-License-Identifier: MIT */
#include "cli/commands/modules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit_status.h"
#include "cli/listed_images.h"
#include "cli/sudo_user.h"
#include "symbols/catalog.h"
#include "symbols/image.h"
#include "util/error.h"
#include "util/log.h"
#include "util/shown_name.h"
#include "util/vec.h"

/* Processes may share files. */
struct shown_images {
    VEC(const struct image *) list;
};

static bool was_printed(const struct shown_images *shown, const struct image *image)
{
    for (size_t i = 0; i < shown->list.count; i++)
        if (shown->list.items[i] == image)
            return true;
    return false;
}

/* The name and spaces up to the column. */
static void put_padded(const char *name, size_t column)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return;
    shown_name_write(stream, name, 0);
    if (fclose(stream) == 0)
        printf("%-*s", (int)column, text);
    free(text);
}

static int print_module(void *data, struct image *image, bool is_program, struct error *err)
{
    enum { MODULE_COLUMN = 20 };
    struct shown_images *shown = data;
    (void)is_program;
    if (was_printed(shown, image))
        return 0;
    const struct image **place = vec_push(&shown->list);
    if (!place)
        return error_set(err, -ENOMEM, "out of memory");
    *place = image;
    if (shown->list.count == 1)
        puts("MODULE                FUNCTIONS  FILE  OTHER NAMES");
    const struct module_names names = image_names(image);
    put_padded(names.provider, MODULE_COLUMN);
    printf("  %9zu  ", image_count_functions(image));
    shown_name_write(stdout, names.path, 0);
    for (const char *const *other = names.others; other && *other; other++) {
        fputs(other == names.others ? "  " : ",", stdout);
        shown_name_write(stdout, *other, 0);
    }
    putchar('\n');
    return 0;
}

int modules_run(const struct options *options)
{
    struct shown_images shown = {0};
    struct listed_images listed = {.options = options, .visit = print_module, .data = &shown};
    struct error err = {0};
    int status = EXIT_TRACER_FAILED;
    if (sudo_user_become(&err) == 0) {
        if (catalog_new(&listed.catalog) < 0)
            error_set(&err, -ENOMEM, "out of memory");
    }
    if (listed.catalog)
        status = listed_images_visit(&listed, &err);
    if (status == EXIT_SUCCESS && fflush(stdout) != 0) {
        error_set(&err, -EIO, "cannot write the list: %s", strerror(errno));
        status = EXIT_TRACER_FAILED;
    }
    if (status != EXIT_SUCCESS)
        log_error("%s", err.text);
    vec_free(&shown.list);
    catalog_free(listed.catalog);
    return status;
}
