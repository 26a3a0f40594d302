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

#include "model/probe.h"
#include "symbols/function_filter.h"
#include "symbols/types/value_options.h"
#include "util/addr.h"
#include "util/error.h"

struct catalog;
struct map;
struct process_root;
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

/* Makes image_probes() return early once *asked is true: a file may have hundreds of thousands of
   functions. `asked` must live as long as the catalog. */
void catalog_stop_when(struct catalog *catalog, const atomic_bool *asked);

/* Sets the extra fields (mask of 1 << enum extra_field) of probes made from now on. */
void catalog_set_extra_fields(struct catalog *catalog, unsigned extras);
/* Applies to images opened later. By default all options are off. */
void catalog_set_value_options(struct catalog *catalog, struct value_options value_options);

/*
 * Opens the ELF file at `path` with the user's own rights. A file that is already open (same
 * device, inode, size and mtime) gives the same image. Reads headers and segments only. The file is
 * untrusted: every length and offset is checked. -ENOEXEC: not an ELF file, truncated or corrupted;
 * -ENOTSUP: an ELF file of another class or machine.
 */
MUST_CHECK int catalog_open(struct catalog *catalog, const char *path, struct image **image,
                            struct error *err);
/* Like catalog_open(), for the file that `found` refers to (symbols/elf/target_file.h); the caller
   keeps the descriptor. `path` is its name in the target. */
MUST_CHECK int catalog_open_target(struct catalog *catalog, int found, const char *path,
                                   struct image **image, struct error *err);

/* Like catalog_open(), for the program that the process executes, under the name in its
   mappings. */
MUST_CHECK int catalog_open_program(struct catalog *catalog, pid_t pid, struct image **image,
                                    struct error *err);

/*
 * Process `pid`, whose root is `root`, has the image mapped at `map`. The file is opened again
 * through that process, and separate debug files are looked for in its root first if that is not
 * our root. The last call takes effect. Keeps nothing open.
 */
void image_set_access(struct image *image, pid_t pid, const struct process_root *root,
                      const struct map *map);
/* Where there is no process: sets the directory below which to look for separate debug files.
   `root` must stay open until the image's probes are made. */
void image_set_root(struct image *image, int root);

const char *image_path(const struct image *image);
const char *image_provider(const struct image *image);         /* "mylib" for libmylib.so.2 */
file_vaddr image_start(const struct image *image);             /* e_entry */
bool image_is_position_independent(const struct image *image); /* ET_DYN */
/* The program interpreter (PT_INTERP), or NULL for static programs and libraries. */
const char *image_interpreter(const struct image *image);
/* Whether it is a library and not also a program (the dynamic linker is a library). */
bool image_is_library(const struct image *image);
/* Whether the dynamic linker modifies the code after mapping it (DT_TEXTREL). */
bool image_has_text_relocations(const struct image *image);
/* Whether both files had the same headers and build ID when they were opened. */
bool image_is_same_build(const struct image *a, const struct image *b);
/* Whether the file was written to after it was opened. */
bool image_has_changed(const struct image *image);
/* Returns true on the first call only: messages about the whole file are printed once, however
   often processes map it. */
bool image_first_report(struct image *image);
/* The address of file offset `offset`; false when no PT_LOAD segment holds it. */
bool image_vaddr_of_offset(const struct image *image, uint64_t offset, file_vaddr *vaddr);
/* The value of the defined function symbol `name` (of any binding) in .symtab or .dynsym, without
   version suffixes. false when there is none. */
bool image_symbol(struct image *image, const char *name, file_vaddr *vaddr);

/*
 * Writes the name of the code at `at` to out (of `size` bytes, NUL included, at least 64). Names
 * are those of probes: "f" at the function's first byte, "f+0x1c" after it. Code without a symbol
 * is named by file and address: "libfoo.so.2+0x1234". "f@ifunc" is the resolver of f. A name longer
 * than `size` is cut and ends in "...".
 *
 * `is_return`: `at` is a return address. It belongs to the call before it, even where the function
 * ends there.
 *
 * Returns the length; 0 when there is no code. The first call sorts the symbols, and the first
 * look-up of a symbol makes its name; after that nothing is allocated.
 */
size_t image_name_code(struct image *image, file_vaddr at, bool is_return, char *out, size_t size);

/*
 * Makes the probes of the selected functions, in address order, one for each address. Of the
 * aliases of an address, the name is the one in debug information unless that is a reserved name;
 * else the one that the user's pattern matched; else the best one. The caller frees the array; the
 * catalog owns the probes. The same function always gives the same probe. Damaged debug information
 * counts as none, with one warning. -ECANCELED: see catalog_stop_when().
 */
MUST_CHECK int image_probes(struct image *image, const struct function_filter *filter,
                            bool is_program, bool whole_module, const struct probe ***probes,
                            size_t *n, struct error *err);

/* What --list prints after the C signature: "DWARF of /usr/lib/debug/...", "symbols only". The
   string lives as long as the catalog. */
const char *probe_source_text(const struct catalog *catalog, const struct probe *probe);

/* Calls `found` for each other name by which a pattern can select the function, without parameters,
   in the order of strcmp(). -ENOMEM. */
MUST_CHECK int probe_other_names(const struct probe *probe,
                                 void (*found)(void *data, const char *name), void *data);

#endif
