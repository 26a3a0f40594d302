/* SPDX-License-Identifier: MIT */
/* Finds the libraries of a program by running its dynamic linker: only that knows all of rpaths,
   caches and preloads. */
#ifndef CLI_DYNAMIC_LINKER_H
#define CLI_DYNAMIC_LINKER_H

#include "util/error.h"

/*
 * Opens (O_PATH) the file at the absolute path if only root can have put it there: the file and
 * each directory on its path, after symbolic links, belongs to root and is not writable by others,
 * and the file is not in /proc or on a nosuid file system. Returns a descriptor, which the caller
 * closes. -EPERM: somebody else can change it. Or another negative errno.
 */
MUST_CHECK int dynamic_linker_open(const char *path);

/*
 * Runs the dynamic linker open as `linker`, with the name `name` for messages, to list the
 * libraries of the program, and calls `found` with the path of each. Runs no other code: not the
 * program's or its libraries', and no audit library of `environment` or of the program's file.
 * Searches libraries as `environment` says. Negative errno and *err: not all libraries were listed;
 * the text is the dynamic linker's.
 */
MUST_CHECK int dynamic_linker_ask(int linker, const char *name, const char *program,
                                  char **environment, void (*found)(void *data, const char *path),
                                  void *data, struct error *err);

#endif
