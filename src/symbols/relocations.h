/* SPDX-License-Identifier: MIT */
/*
 * The words of a process that hold the addresses of indirect functions (STT_GNU_IFUNC). The dynamic
 * linker, or the start-up code of a static program, relocates them. A relocated word tells which
 * code the function uses.
 */
#ifndef SYMBOLS_RELOCATIONS_H
#define SYMBOLS_RELOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/image.h"
#include "util/vec.h"

/* A word of an image that will hold the address of a function. */
struct relocated {
    const struct probe *probe;
    file_vaddr at;
};

struct relocations {
    VEC(struct relocated) list;
};

/*
 * Appends the words of the image that refer to any of the n indirect functions of the image
 * `owner`: by name or, in `owner` itself, by resolver. The word may hold another value: it is not
 * relocated yet, it still leads to the linkage table before the first call, or it is bound to
 * another module's function of that name.
 */
MUST_CHECK int image_find_relocations(struct image *image, const struct image *owner,
                                      const struct probe *const *probes, size_t n,
                                      struct relocations *relocations, struct error *err);
/* Whether the address is in a procedure linkage table, which is not code of a function. */
bool image_is_linkage(struct image *image, file_vaddr at);

#endif
