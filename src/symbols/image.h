/* SPDX-License-Identifier: MIT */
/*
 * An image: one ELF file, as the catalog has it. It lives as long as the catalog. These functions
 * may be called from any thread.
 */
#ifndef SYMBOLS_IMAGE_H
#define SYMBOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/probe.h"
#include "symbols/function_filter.h"
#include "symbols/module_names.h"
#include "util/addr.h"
#include "util/error.h"

struct catalog;
struct image;
struct map;
struct process_root;

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
const char *image_provider(const struct image *image); /* "mylib" for libmylib.so.2 */
/* How the events of functions without a symbol begin: "mylib:sub_". */
const char *image_unnamed_events(const struct image *image);
/* All names by which patterns select it. They live as long as the catalog. */
struct module_names image_names(const struct image *image);
/*
 * The image as it is named in processes that execute `program`: where both have the same provider,
 * that is the program's, and the other image has its whole file name as provider
 * ("libcurl.so.4.8.0" beside "curl"). So names depend on nothing that was opened before. `program`
 * may be NULL. NULL: out of memory.
 */
struct image *image_beside_program(struct image *image, const struct image *program);
/* The file name of `path`, a link that leads to the file, becomes one of the names; at most 16 do.
   -ENOMEM. */
MUST_CHECK int image_add_name(struct image *image, const char *path);
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

/* Whether the code of LeakSanitizer is in the file: by its symbol or, once image_probes() was asked
   for functions without a symbol, by its messages. */
bool image_has_leak_check(struct image *image);
/* How many functions the image has, whatever is selected. 0 also if its symbols cannot be read. */
size_t image_count_functions(struct image *image);
/* Writes the path at which a package would install the image's debug information to `path` (`size`
   bytes). false: the file has no build ID. */
bool image_debug_path(struct image *image, char *path, size_t size);

/*
 * Writes the name of the code at `at` to out (of `size` bytes, NUL included, at least 64). Names
 * are those of probes: "f" at the function's first byte, "f+0x1c" after it. Code without a symbol
 * is named by file and address: "libfoo.so.2+0x1234"; once image_probes() was asked for functions
 * without a symbol, in these by their names: "sub_1200+0x34". "f@ifunc" is the resolver of f. A
 * name longer than `size` is cut and ends in "...".
 *
 * `is_return`: `at` is a return address. It belongs to the call before it, even where the function
 * ends there.
 *
 * Returns the length; 0 when there is no code. The first call sorts the symbols, and the first
 * look-up of a symbol makes its name; after that nothing is allocated.
 */
size_t image_name_code(struct image *image, file_vaddr at, bool is_return, char *out, size_t size);

/* What event rules ask for, where no pattern does. */
enum image_rules {
    IMAGE_WHOLE = 1,   /* all functions */
    IMAGE_UNNAMED = 2, /* those without a symbol ("sub_4a10"); alone: no others */
};

/*
 * Makes the probes of the selected functions, in address order, one for each address. Functions
 * without a symbol are among them if a pattern names them (function_filter_names_unnamed()) or
 * `rules` does, but not in a static program without a symbol table. Of the aliases of an address,
 * the name is the one in debug information unless that is a reserved name; else the one that the
 * user's pattern matched; else the best one. The caller frees the array; the catalog owns the
 * probes. The same function always gives the same probe. Damaged debug information counts as none,
 * with one warning. -ECANCELED: see catalog_stop_when().
 */
MUST_CHECK int image_probes(struct image *image, const struct function_filter *filter,
                            bool is_program, unsigned rules, const struct probe ***probes,
                            size_t *n, struct error *err);

/* Whether the function has no symbol, so that nothing is known of it but its address. */
bool probe_is_unnamed(const struct probe *probe);

/* What --list prints after the C signature: "DWARF of /usr/lib/debug/...", "types of
   /usr/share/...", "symbols only". The string lives as long as the catalog. */
const char *probe_source_text(const struct catalog *catalog, const struct probe *probe);

/* Calls `found` for each other name by which a pattern can select the function, without parameters,
   in the order of strcmp(). -ENOMEM. */
MUST_CHECK int probe_other_names(const struct probe *probe,
                                 void (*found)(void *data, const char *name), void *data);

#endif
