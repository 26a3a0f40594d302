/* SPDX-License-Identifier: MIT */
/* Where separate files of debug information are, by the names and IDs that ELF files give. */
#ifndef SYMBOLS_ELF_DEBUG_FILE_H
#define SYMBOLS_ELF_DEBUG_FILE_H

#include <stdint.h>

#include "symbols/elf/elf_copy.h"

/* Where is looked, and for what file. */
struct debug_search {
    int root;         /* the directory that is the root of who has the file; -1: ours */
    const char *path; /* the file as it is called there */
    const char *dirs; /* see catalog_set_debug_path(); NULL: the default */
};

/* What .gnu_debuglink says (gdb's manual, "Debugging Information in Separate Files"). */
struct debug_link {
    const char *name; /* NULL: there is none */
    uint32_t crc;
};

/* false: the file has none, or one that is no file name: a directory cannot be asked for. */
bool debug_link_read(const struct elf_copy *copy, struct debug_link *link);

/*
 * Looks for the debug file of the file with that build ID: by the build ID, then by the link's name
 * beside the file and in the directories that mirror the system's. What a name leads to counts only
 * when it has that build ID; without one, when it has the link's check sum. Where the root is not
 * ours, nothing of ours is looked at.
 * Returns a descriptor of a regular file, which is the caller's, and its name in *name (free()); -1
 * when there is none.
 */
int debug_file_find(const struct debug_search *search, const struct build_id *id,
                    const struct debug_link *link, char **name);
/*
 * Likewise, the file with that build ID that `named`, the file searched for its debug information,
 * shares a part of it with (dwz(1)): by its build ID, then by `link`, a path which, if relative,
 * begins where `named` lies.
 */
int debug_file_find_shared(const struct debug_search *search, const char *named,
                           const struct build_id *id, const char *link, char **name);

/* Opens our own file `name`, which is taken: likewise, if it has the build ID. */
int debug_file_try(char *name, const struct build_id *id, char **found);

/* `file`, or, when that is relative, DIR/FILE, where DIR is the directory of the file `beside`.
   free(); NULL when memory is out. */
char *debug_file_beside(const char *beside, const char *file);

#endif
