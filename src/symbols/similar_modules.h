/* SPDX-License-Identifier: MIT */
/* Finds the modules that a misspelt name was probably meant to be. */
#ifndef SYMBOLS_SIMILAR_MODULES_H
#define SYMBOLS_SIMILAR_MODULES_H

#include <stddef.h>

#include "util/suggest.h"

struct image;

struct similar_modules {
    size_t n;
    const char *names[SUGGESTIONS_MAX]; /* providers or file names; of the images */
};

/* `wanted` is a name, or a glob with '*'. */
void similar_modules_find(struct similar_modules *similar, const char *wanted,
                          struct image *const *images, size_t n);

#endif
