/* SPDX-License-Identifier: MIT */
/*
 * Only the dynamic linker knows which libraries a program starts with. To ask it about the program
 * itself would load the program and run code that its file names (DT_AUDIT). So it is asked about a
 * stand-in: a file that needs the same libraries and has nothing else.
 */
#ifndef SYMBOLS_ELF_NEEDED_H
#define SYMBOLS_ELF_NEEDED_H

#include "util/error.h"

/*
 * Makes the stand-in of the program at `path` in a memfd. $ORIGIN in library paths is replaced by
 * `origin`, which must not contain `:` or `$`: the dynamic linker interprets them. The caller
 * closes the descriptor, which has O_CLOEXEC. -ENOEXEC: the program's dynamic section cannot be
 * read; or another negative errno.
 */
MUST_CHECK int needed_stand_in(const char *path, const char *origin);

/*
 * The text with `origin` in place of $ORIGIN (ld.so(8), "Dynamic string tokens"); other tokens
 * stay. The caller frees it. NULL: out of memory.
 */
char *needed_from_origin(const char *text, const char *origin);

#endif
