/* SPDX-License-Identifier: MIT */
/*
 * Where a process keeps the addresses of indirect functions (STT_GNU_IFUNC): words that the dynamic
 * linker, or the start-up code of a static program, relocates. Once a word is relocated it tells
 * which code the function is.
 */
#ifndef SYMBOLS_RELOCATIONS_H
#define SYMBOLS_RELOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/catalog.h"
#include "util/vec.h"

/* A word of an image that is to hold the address of a function. */
struct relocated {
    const struct probe *probe;
    file_vaddr at;
};

struct relocations {
    VEC(struct relocated) list;
};

/*
 * Appends the words of the image that refer to any of the n indirect functions, all of the image
 * `owner`: by their names, or, in `owner` itself, by their resolvers. What a word holds may still
 * be something else: it is not relocated yet, the call goes to the linkage table until it is first
 * made, or another module's function of the name is meant.
 */
MUST_CHECK int image_find_relocations(struct image *image, const struct image *owner,
                                      const struct probe *const *probes, size_t n,
                                      struct relocations *relocations, struct error *err);
/* Whether a procedure linkage table lies there, which is no function's code. */
bool image_is_linkage(struct image *image, file_vaddr at);

#endif
