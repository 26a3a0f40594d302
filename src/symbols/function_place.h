/* SPDX-License-Identifier: MIT */
/* Which function an address of a file belongs to. */
#ifndef SYMBOLS_FUNCTION_PLACE_H
#define SYMBOLS_FUNCTION_PLACE_H

#include "util/addr.h"

struct image;

enum function_place_kind {
    PLACE_NO_CODE,     /* the file has no code there */
    PLACE_OF_LINKAGE,  /* in a linkage table */
    PLACE_NO_FUNCTION, /* in no function that can be traced, as far as is known */
    PLACE_IN_FUNCTION,
};

struct function_place {
    enum function_place_kind kind;
    const char *name; /* of the function: as symbols name it, or "sub_4a10". Lives as long as the
                         catalog. NULL: there is none */
    file_vaddr start; /* its first instruction */
};

/* Looks among the functions of the image whose probes were made, with symbols and without. */
struct function_place function_place_find(struct image *image, file_vaddr at);

#endif
