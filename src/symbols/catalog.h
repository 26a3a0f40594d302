/* SPDX-License-Identifier: MIT */
/*
 * The catalog: all ELF files that were opened, each once, and the probes of their functions. It
 * outlives processes and modules. Everything that it returns lives until catalog_free(). Its
 * functions may be called from any thread.
 */
#ifndef SYMBOLS_CATALOG_H
#define SYMBOLS_CATALOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/types/value_options.h"
#include "util/error.h"

struct catalog;
struct image; /* one ELF file */

MUST_CHECK int catalog_new(struct catalog **catalog);
void catalog_free(struct catalog *catalog);
/*
 * Sets where to look for separate debug files: a list of directories separated by ':'. An absolute
 * directory holds .build-id/ and a copy of the system's tree; a relative one is beside the file; an
 * empty one is the file's own directory. NULL: ":.debug:/usr/lib/debug". Has no effect on images
 * whose probes were made. -ENOMEM.
 */
MUST_CHECK int catalog_set_debug_path(struct catalog *catalog, const char *path);

/*
 * Enables or disables queries to debuginfod servers; initially they are disabled. A server may take
 * long to answer: disable them while a process is stopped.
 */
void catalog_ask_servers(struct catalog *catalog, bool ask);

/* Makes image_probes() return early once *stop is true: a file may have hundreds of thousands of
   functions. `stop` must live as long as the catalog. */
void catalog_stop_when(struct catalog *catalog, const atomic_bool *stop);

/* Sets the extra fields (mask of 1 << enum extra_field) of probes made from now on. */
void catalog_set_extra_fields(struct catalog *catalog, unsigned extras);
/* Applies to images opened later. By default all options are off. */
void catalog_set_value_options(struct catalog *catalog, struct value_options value_options);

/*
 * Adds a type object (symbols/type_object.h), open as `fd`, for functions without debug
 * information; the caller keeps the descriptor. `path` is for messages and for
 * probe_source_text(). Those that are added first win. A damaged one is left out, with a warning;
 * else negative errno: as type_object_open(). After catalog_set_value_options().
 */
MUST_CHECK int catalog_add_types(struct catalog *catalog, int fd, const char *path,
                                 struct error *err);
/* Sets the directory whose type objects, *.types, are used after those. It need not exist.
   -ENOMEM. */
MUST_CHECK int catalog_set_types_directory(struct catalog *catalog, const char *path);

/*
 * Opens the ELF file at `path` with the user's own rights. A file that is already open (same
 * device, inode, size and mtime) gives the same image. Reads headers and segments only. The file is
 * untrusted: every length and offset is checked. The provider is made from the file name in `path`,
 * so that each hard link to a file has an image of its own. -ENOEXEC: not an ELF file, truncated or
 * corrupted; -ENOTSUP: an ELF file of another class or machine.
 */
MUST_CHECK int catalog_open(struct catalog *catalog, const char *path, struct image **image,
                            struct error *err);
/* Like catalog_open(), for the file that `found` refers to (symbols/elf/target_file.h); the caller
   keeps the descriptor. `path` is its name in the target. */
MUST_CHECK int catalog_open_target(struct catalog *catalog, int found, const char *path,
                                   struct image **image, struct error *err);

/* Calls visit() for each image that was opened up to now, the oldest first. -ENOMEM. */
MUST_CHECK int catalog_each(struct catalog *catalog, void (*visit)(void *data, struct image *image),
                            void *data);

/* Like catalog_open(), for the program that the process executes, under the name in its
   mappings. */
MUST_CHECK int catalog_open_program(struct catalog *catalog, pid_t pid, struct image **image,
                                    struct error *err);

#endif
