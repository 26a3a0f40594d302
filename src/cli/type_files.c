/* SPDX-License-Identifier: MIT */
#include "cli/type_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/type_maker.h"
#include "symbols/elf/file_open.h"
#include "util/cleanup.h"
#include "util/load.h"

/* Where `make` and `make install` put the type objects of the C library, from the directory of the
   executable on. */
static const char OWN_TYPES[] = "../share/ptrace_tracer/types";

/* Whether it may be a C header: its beginning has no NUL. */
static bool is_text(int fd)
{
    char bytes[4096];
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
    return n > 0 && !memchr(bytes, '\0', (size_t)n);
}

/* As in #include <NAME>. */
static bool is_header_name(const char *name)
{
    size_t length = strlen(name);
    return length > 2 && strcmp(name + length - 2, ".h") == 0;
}

/* Makes a type object of the header, and adds it under the header's name. */
static int add_types_of_header(struct catalog *catalog, const char *header, struct error *err)
{
    char *headers[] = {(char *)header};
    char said[ERROR_TEXT_MAX];
    struct error why;
    cleanup(cleanup_fd) int object = memfd_create("types", MFD_CLOEXEC);
    if (object < 0)
        return error_set(err, -errno, "--types=%s: %s", header, strerror(errno));
    int r = type_maker_run(&(struct type_sources){headers, 1, NULL, 0}, object, said, &why);
    if (r == 0)
        r = catalog_add_types(catalog, object, header, &why);
    return r < 0 ? error_set(err, r, "--types=%s: %s", header, why.text) : 0;
}

static int add_types_of(struct catalog *catalog, const char *path, struct error *err)
{
    cleanup(cleanup_fd) int fd = file_open(path);
    if (fd == -ENOENT && is_header_name(path))
        return add_types_of_header(catalog, path, err);
    if (fd == -ENOEXEC)
        return error_set(err, fd, "--types=%s: it is not a regular file", path);
    if (fd < 0)
        return error_set(err, fd, "--types=%s: cannot read it: %s", path, strerror(-fd));
    struct error why;
    int r = catalog_add_types(catalog, fd, path, &why);
    if (r == -ENOEXEC && is_text(fd))
        return add_types_of_header(catalog, path, err);
    if (r == -ENOEXEC)
        return error_set(err, r,
                         "--types=%s: it is neither an ELF file with debug information nor a C "
                         "header",
                         path);
    if (r == -ENODATA)
        return error_set(err, r, "--types=%s: it has no debug information; compile it with -g",
                         path);
    return r < 0 ? error_set(err, r, "--types: %s", why.text) : 0;
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
