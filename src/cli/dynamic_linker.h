/* SPDX-License-Identifier: MIT */
/*
 * The libraries that a program would be started with, by the word of its dynamic linker: only that
 * knows all of rpaths, caches and preloads.
 */
#ifndef CLI_DYNAMIC_LINKER_H
#define CLI_DYNAMIC_LINKER_H

#include "util/error.h"

/*
 * Opens (O_PATH) the file at the absolute path if nobody but root can have put it there: neither it
 * nor any directory on the way, links followed, is another user's or can be written by others, and
 * it does not lie in /proc or where the system lets no root come from (nosuid). The descriptor is
 * the caller's; -EPERM: somebody else can; else a negative errno.
 */
MUST_CHECK int dynamic_linker_open(const char *path);

/*
 * Asks the dynamic linker open as `linker`, which messages call `name`, for the libraries of the
 * program at `program`, and calls back for the path of each. Nothing else is run: neither code of
 * the program or its libraries, nor what `environment` (or the program's file) would have the
 * dynamic linker load to audit it; where libraries are looked for is as the environment says.
 * Negative errno and *err: it does not tell all of them, or none; the text is what it says why.
 */
MUST_CHECK int dynamic_linker_ask(int linker, const char *name, const char *program,
                                  char **environment, void (*found)(void *data, const char *path),
                                  void *data, struct error *err);

#endif
