/* SPDX-License-Identifier: MIT */
/*
 * Debug files from the servers in DEBUGINFOD_URLS: debuginfod(8). A server may take long to answer,
 * so it is queried only while no process is stopped. Files in the user's cache are used at any
 * time.
 */
#ifndef SYMBOLS_ELF_DEBUGINFOD_H
#define SYMBOLS_ELF_DEBUGINFOD_H

#include <stdbool.h>

#include "symbols/elf/elf_copy.h"

struct debuginfod {
    bool may_ask;  /* servers may be queried now */
    bool given_up; /* a server did not answer: no more queries */
};

/* Whether servers are configured. false in a process with more rights than its caller. */
bool debuginfod_has_servers(void);

/*
 * Opens the debug file with that build ID: from the cache or, if allowed, from a server. Returns a
 * descriptor, which the caller closes, and the name in *name (free()); -1 when there is none.
 */
int debuginfod_find(struct debuginfod *debuginfod, const struct build_id *id, char **name);

#endif
