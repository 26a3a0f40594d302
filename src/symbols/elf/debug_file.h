/* SPDX-License-Identifier: MIT */
/* Finds separate debug files by the names and build IDs in ELF files. */
#ifndef SYMBOLS_ELF_DEBUG_FILE_H
#define SYMBOLS_ELF_DEBUG_FILE_H

#include <stdint.h>

#include "symbols/elf/elf_copy.h"

/* Where to look, and for which file's debug information. */
struct debug_search {
    int root;         /* the root directory for `path`; -1: our root */
    const char *path; /* the file's path in that root */
    const char *dirs; /* see catalog_set_debug_path(); NULL: the default */
};

/* The contents of .gnu_debuglink (gdb's manual, "Debugging Information in Separate Files"). */
struct debug_link {
    const char *name; /* NULL: none */
    uint32_t crc;
};

/* false: the file has none, or one that is not a file name (it must not contain a directory). */
bool debug_link_read(const struct elf_copy *copy, struct debug_link *link);

/*
 * Finds the debug file of the file with that build ID: by build ID, then by the link's name beside
 * the file and in the directories that mirror the system's. A candidate must have the build ID or,
 * if there is none, the link's checksum. If the root is not ours, only files in that root are
 * tried.
 *
 * Returns the descriptor of a regular file, which the caller closes, and its name in *name
 * (free()); -1 when there is none.
 */
int debug_file_find(const struct debug_search *search, const struct build_id *id,
                    const struct debug_link *link, char **name);
/*
 * Finds, in the same way, the file with build ID `id` that has the parts of debug information that
 * `named` shares with other files (dwz(1)): by build ID, then by `link`. A relative `link` starts
 * at the directory of `named`.
 */
int debug_file_find_shared(const struct debug_search *search, const char *named,
                           const struct build_id *id, const char *link, char **name);

/* Opens the file `name` in our root if it has the build ID. Takes ownership of `name`. */
int debug_file_try(char *name, const struct build_id *id, char **found);

/* `file`; if that is relative, DIR/FILE with the directory of the file `beside`. free(); NULL: out
   of memory. */
char *debug_file_beside(const char *beside, const char *file);

#endif
