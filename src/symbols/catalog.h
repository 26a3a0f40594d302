/* SPDX-License-Identifier: MIT */
/*
 * The catalog: every ELF file looked at, each once, and the probes made of its functions. It
 * outlives processes and modules; whatever it hands out lives until catalog_free(). Its functions
 * may be called from any thread.
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
 * Where separate debug files are looked for: directories parted by ':'; an absolute one holds
 * .build-id/ and a tree like the system's, a relative one lies beside the file, an empty one is the
 * file's own directory. NULL: ":.debug:/usr/lib/debug". For images not yet asked for probes.
 */
MUST_CHECK int catalog_set_debug_path(struct catalog *catalog, const char *path);

/*
 * Whether debuginfod's servers are asked for debug files from here on; at first they are not. A
 * server may take its time: not to be asked while a process is stopped.
 */
void catalog_ask_servers(struct catalog *catalog, bool ask);

/* From when *asked is true on, image_probes() ends as soon as it can: a file may have hundreds of
   thousands of functions. `asked` lives as long as the catalog. */
void catalog_stop_when(struct catalog *catalog, const atomic_bool *asked);

/* The facts (mask of 1 << enum extra_field) that probes made from here on have as fields. */
void catalog_set_extra_fields(struct catalog *catalog, unsigned extras);
/* For images opened later. Without, none of it is wanted. */
void catalog_set_value_options(struct catalog *catalog, struct value_options value_options);

/*
 * Opens the ELF file at `path`, with the user's own rights; one opened before (same device, inode,
 * size and mtime) is found again. Only headers and segments are read. The file is hostile: every
 * length and offset is checked. -ENOEXEC: no ELF, truncated or corrupted; -ENOTSUP: an ELF of
 * another class or machine.
 */
MUST_CHECK int catalog_open(struct catalog *catalog, const char *path, struct image **image,
                            struct error *err);
/* The same for the file found as `found` (symbols/elf/target_file.h), which stays the caller's; the
   target knows it as `path`. */
MUST_CHECK int catalog_open_target(struct catalog *catalog, int found, const char *path,
                                   struct image **image, struct error *err);

/* The same for the program that the process executes, under the name that its mappings have. */
MUST_CHECK int catalog_open_program(struct catalog *catalog, pid_t pid, struct image **image,
                                    struct error *err);

/*
 * Process `pid`, whose root is `root`, has the image mapped there: by way of it the file is found
 * when it is read, and separate debug files are looked for in its root first if that is not ours.
 * The last way holds. Nothing is kept open.
 */
void image_set_access(struct image *image, pid_t pid, const struct process_root *root,
                      const struct map *map);
/* Where no process is at hand: has separate debug files looked for in the directory open as `root`,
   which must stay open until the image's probes are made. */
void image_set_root(struct image *image, int root);

const char *image_path(const struct image *image);
const char *image_provider(const struct image *image);         /* "mylib" for libmylib.so.2 */
file_vaddr image_start(const struct image *image);             /* e_entry */
bool image_is_position_independent(const struct image *image); /* ET_DYN */
/* The program interpreter (PT_INTERP), or NULL for static programs and libraries. */
const char *image_interpreter(const struct image *image);
/* Whether it is a library that is not a program as well (the dynamic linker is one). */
bool image_is_library(const struct image *image);
/* Whether the dynamic linker changes the code after it has mapped it (DT_TEXTREL). */
bool image_has_text_relocations(const struct image *image);
/* Whether both files have the same headers and build ID, as they were when they were opened. */
bool image_is_same_build(const struct image *a, const struct image *b);
/* Whether the file was written to since it was opened. */
bool image_has_changed(const struct image *image);
/* true the first time: whatever there is to say of the file as a whole is said once, however often
   processes map it. */
bool image_first_report(struct image *image);
/* The file_vaddr that lies at file offset `offset` of an executable or other PT_LOAD segment.
   false when no segment holds it. */
bool image_vaddr_of_offset(const struct image *image, uint64_t offset, file_vaddr *vaddr);
/* The value of a defined function symbol (any binding) of that exact name in .symtab or .dynsym,
   version suffixes aside. false when there is none. */
bool image_symbol(struct image *image, const char *name, file_vaddr *vaddr);

/*
 * Writes the name of the code at `at` into out (of `size` bytes, NUL included, at least 64), under
 * the names that probes have: "f" at the function's first byte, "f+0x1c" behind it. Where no symbol
 * says what the code is, the file and the address in it: "libfoo.so.2+0x1234". "f@ifunc" is code
 * that chooses an f. A name too long for `size` is cut and ends in "...".
 * `is_return`: `at` is a return address, which belongs to the call in front of it, though the
 * function may end there.
 * Returns the length; 0 when there is no code. The symbols are sorted at the first question, and
 * each name is made when it is first asked for; from then on nothing is allocated.
 */
size_t image_name_code(struct image *image, file_vaddr at, bool is_return, char *out, size_t size);

/*
 * The probes of the functions of the image that are selected, in address order; one probe an
 * address (aliases: the name that debug information gives the function, unless that is a reserved
 * one; else what the user's pattern matched, else the best one). The array belongs to
 * the caller (free()), the probes to the catalog; a function asked for twice gives the same probe.
 * Debug information that is damaged counts as none, with one warning. -ECANCELED: see
 * catalog_stop_when().
 */
MUST_CHECK int image_probes(struct image *image, const struct function_filter *filter,
                            bool is_program, bool whole_module, const struct probe ***probes,
                            size_t *n, struct error *err);

/* What --list prints behind the C signature: "DWARF of /usr/lib/debug/...", "symbols only". The
   string lives as long as the catalog. */
const char *probe_source_text(const struct catalog *catalog, const struct probe *probe);

/* Calls back for each other name of the function that patterns select it by, without parameters, in
   the order of strcmp(). -ENOMEM. */
MUST_CHECK int probe_other_names(const struct probe *probe,
                                 void (*found)(void *data, const char *name), void *data);

#endif
