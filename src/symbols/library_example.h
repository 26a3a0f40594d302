/* SPDX-License-Identifier: MIT */
/* An example of what can be traced where a program has no functions of its own: those of a library
   that it calls. */
#ifndef SYMBOLS_LIBRARY_EXAMPLE_H
#define SYMBOLS_LIBRARY_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>

struct image;

enum { LIBRARY_EXAMPLE_MAX = 160 };

/*
 * Writes a pattern for -f, without characters that a shell interprets between single quotes:
 * "SSL_.*@ssl". It selects functions that the program imports from one of the n libraries, the
 * dynamic linker's first; of the C library only where no other will do. The program may be among
 * them. false: the program imports nothing, or cannot be read.
 */
bool library_example_find(struct image *program, struct image *const *libraries, size_t n,
                          char example[LIBRARY_EXAMPLE_MAX]);

#endif
