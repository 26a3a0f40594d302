/* SPDX-License-Identifier: MIT */
/* What is known of an image's code: of its file as a whole, read once. */
#ifndef SYMBOLS_CODE_IMAGE_CODE_H
#define SYMBOLS_CODE_IMAGE_CODE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "symbols/code/file_code.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/error.h"

/* What is known of an image's code. Made at the first use, freed with the image. */
struct image_code {
    struct image_attachment attachment; /* first: see image_internal.h */
    atomic_bool is_prepared;            /* it was tried to read the file */
    pthread_mutex_t lock;               /* of the members below */
    bool is_read;
    int failed; /* the errno of reading the file */
    const char *reason;
    struct file_code code;
};

/* The image's; NULL: out of memory. */
struct image_code *image_code_of(struct image *image);
/* Reads the file, if it has not been read. With the lock held. On failure `reason` is set. */
MUST_CHECK int image_code_read(struct image_code *own, struct image *image);
/* Opens the file again: a descriptor, which the caller closes, or a negative errno. */
MUST_CHECK int image_code_open(struct image *image);

#endif
