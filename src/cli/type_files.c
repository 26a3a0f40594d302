/* SPDX-License-Identifier: MIT */
#include "cli/type_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/elf/file_open.h"
#include "util/cleanup.h"
#include "util/load.h"

/* Where `make` and `make install` put the type objects of the C library, from the directory of the
   executable on. */
static const char OWN_TYPES[] = "../share/ptrace_tracer/types";

static int add_types_of(struct catalog *catalog, const char *path, struct error *err)
{
    cleanup(cleanup_fd) int fd = file_open(path);
    if (fd == -ENOEXEC)
        return error_set(err, fd, "--types=%s: it is not a regular file", path);
    if (fd < 0)
        return error_set(err, fd, "--types=%s: cannot read it: %s", path, strerror(-fd));
    struct error why;
    int r = catalog_add_types(catalog, fd, path, &why);
    if (r == -ENOEXEC)
        return error_set(err, r, "--types=%s: it is not an ELF file with debug information", path);
    if (r == -ENODATA)
        return error_set(err, r, "--types=%s: it has no debug information; compile it with -g",
                         path);
    return r < 0 ? error_set(err, r, "--types=%s: %s", path, why.text) : 0;
}

int type_files_add(struct catalog *catalog, const struct options *options, struct error *err)
{
    int r = 0;
    for (size_t i = 0; i < options->type_files.count && r == 0; i++)
        r = add_types_of(catalog, options->type_files.items[i], err);
    if (r < 0)
        return r;
    cleanup(cleanup_free) char *own = load_beside(OWN_TYPES, err);
    if (!own)
        return err->code;
    cleanup(cleanup_free) char *real = realpath(own, NULL);
    return real && catalog_set_types_directory(catalog, real) < 0
               ? error_set(err, -ENOMEM, "out of memory")
               : 0;
}
