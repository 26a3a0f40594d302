/* SPDX-License-Identifier: MIT */
/*
 * What libraries a program is started with is known to its dynamic linker only. That cannot be
 * asked about the program itself without loading it, and with it what its file says is to be run
 * (DT_AUDIT). It is asked about a stand-in that needs the same libraries, and holds nothing else.
 */
#ifndef SYMBOLS_ELF_NEEDED_H
#define SYMBOLS_ELF_NEEDED_H

#include "util/error.h"

/*
 * Writes the stand-in of the program at `path` into a file in memory. Libraries that are to be
 * found from where the program lies are looked for from the directory `origin`, in whose name
 * neither `:` nor `$` may be: they would be signs of the dynamic linker's. The descriptor, which is
 * closed on exec, is the caller's; -ENOEXEC: the program's dynamic section cannot be read; else a
 * negative errno.
 */
MUST_CHECK int needed_stand_in(const char *path, const char *origin);

/*
 * The text with `origin` in place of $ORIGIN (ld.so(8), "Dynamic string tokens"); the other tokens
 * stay. NULL when memory is out. The caller frees.
 */
char *needed_from_origin(const char *text, const char *origin);

#endif
