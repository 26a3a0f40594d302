/* SPDX-License-Identifier: MIT */
/* The return addresses in a function's code, and where of them a jump may be planted. */
#ifndef SYMBOLS_CODE_RETURNS_H
#define SYMBOLS_CODE_RETURNS_H

#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"
#include "util/error.h"

struct image;

struct code_returns {
    size_t n;    /* calls whose return address is in the function */
    size_t good; /* of these: see code_region_at() */
};

/* Adds those of the function, whose code is decoded from its start to its end. Bytes that are no
   instruction end it. Negative errno: as of code_region_at(), other than -EPERM. */
MUST_CHECK int code_returns_count(struct image *image, file_vaddr start, uint64_t size,
                                  struct code_returns *returns);

#endif
