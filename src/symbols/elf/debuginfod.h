/* SPDX-License-Identifier: MIT */
/*
 * Debug files from the servers that DEBUGINFOD_URLS names: debuginfod(8). A server may be silent
 * for as long as it likes, so it is asked only where nobody stands still meanwhile; what was
 * fetched before lies in the user's cache, and is found there at any time.
 */
#ifndef SYMBOLS_ELF_DEBUGINFOD_H
#define SYMBOLS_ELF_DEBUGINFOD_H

#include <stdbool.h>

#include "symbols/elf/elf_copy.h"

struct debuginfod {
    bool may_ask;  /* now */
    bool given_up; /* a server was silent for too long: none is asked any more */
};

/* Whether there are servers to ask. Never in a process with more rights than its caller. */
bool debuginfod_has_servers(void);

/*
 * Opens the debug file with that build ID: the cached one, or, if they may be asked, what a server
 * sends. Returns a descriptor, which is the caller's, and the name in *name (free()); -1 when there
 * is none.
 */
int debuginfod_find(struct debuginfod *debuginfod, const struct build_id *id, char **name);

#endif
