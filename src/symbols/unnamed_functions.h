/* SPDX-License-Identifier: MIT */
/*
 * Functions that have no symbol, as most have in a stripped file. That they exist is known from
 * their frame descriptions: .eh_frame, which stays in the file for exceptions. They are named by
 * their address in the file, "sub_4a10", and made only when they are asked for.
 */
#ifndef SYMBOLS_UNNAMED_FUNCTIONS_H
#define SYMBOLS_UNNAMED_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/image_internal.h"
#include "util/addr.h"
#include "util/error.h"

struct unnamed_function {
    struct function function;
    const char *name;
};

/* Constant once it is published in image->unnamed, but for the probes of the functions. */
struct unnamed_functions {
    bool has_leak_check; /* some may be LeakSanitizer's: see image_has_leak_check() */
    size_t n;
    struct unnamed_function list[]; /* ascending by entry, not overlapping */
};

/*
 * Makes image->unnamed, once, after image_make_functions(). Left out are frame descriptions of code
 * that has a symbol, of linkage tables, of signal handlers' returns, of the program's start, of
 * cold parts, and those that do not begin with the frame of a function that has just been called. A
 * file without .eh_frame, or with one that cannot be decoded, has no such functions; a warning says
 * so, once.
 */
MUST_CHECK int image_make_unnamed(struct image *image, struct error *err);
void unnamed_functions_free(struct unnamed_functions *functions);

/* The function that has the code at the address; NULL: none. `functions` may be NULL. */
const struct unnamed_function *unnamed_functions_at(const struct unnamed_functions *functions,
                                                    file_vaddr at);

#endif
