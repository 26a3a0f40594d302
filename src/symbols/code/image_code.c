/* SPDX-License-Identifier: MIT */
#include "symbols/code/image_code.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/code/arch.h"
#include "symbols/code/region.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/cleanup.h"

static void image_code_free(struct image_attachment *attachment)
{
    struct image_code *own = (struct image_code *)(void *)attachment;
    if (own->is_read && own->failed == 0)
        file_code_free(&own->code);
    pthread_mutex_destroy(&own->lock);
    free(own);
}

struct image_code *image_code_of(struct image *image)
{
    pthread_mutex_lock(&image->catalog->lock);
    struct image_code *own = (struct image_code *)(void *)image->code;
    if (!own && (own = calloc(1, sizeof(*own)))) {
        own->attachment.free = image_code_free;
        pthread_mutex_init(&own->lock, NULL);
        image->code = &own->attachment;
    }
    pthread_mutex_unlock(&image->catalog->lock);
    return own;
}

/* Opens the file, and with `symbols` copies the image's symbols; their names live as long as the
   catalog. */
static int open_code(struct image *image, struct symbol **symbols, size_t *n)
{
    pthread_mutex_lock(&image->catalog->lock);
    int r = symbols ? image_read_symbols(image, NULL) : 0;
    if (r == 0 && symbols) {
        *n = image->symbols.list.count;
        *symbols = calloc(*n + 1, sizeof(**symbols));
        if (*symbols && *n)
            memcpy(*symbols, image->symbols.list.items, *n * sizeof(**symbols));
        r = *symbols ? 0 : -ENOMEM;
    }
    if (r == 0)
        r = image_open_file(image, NULL);
    pthread_mutex_unlock(&image->catalog->lock);
    return r;
}

int image_code_read(struct image_code *own, struct image *image)
{
    cleanup(cleanup_free) struct symbol *symbols = NULL;
    size_t n = 0;
    if (own->is_read)
        return own->failed;
    own->reason = "the file cannot be read";
    cleanup(cleanup_fd) int fd = open_code(image, &symbols, &n);
    int r = fd < 0 ? fd : file_code_read(&own->code, &image->file, fd, symbols, n, &own->reason);
    /* Another try may succeed if memory or descriptors were out. */
    own->is_read = r == 0 || r == -ENOEXEC || r == -EFBIG || r == -ENOTSUP || r == -ESTALE;
    own->failed = r;
    atomic_store(&own->is_prepared, true);
    return r;
}

int image_code_open(struct image *image)
{
    return open_code(image, NULL, NULL);
}

void code_region_prepare(struct image *image)
{
    struct image_code *own = code_unsupported ? NULL : image_code_of(image);
    if (!own)
        return;
    pthread_mutex_lock(&own->lock);
    int r = image_code_read(own, image);
    (void)r; /* code_region_at() reports it */
    pthread_mutex_unlock(&own->lock);
}

bool code_region_is_prepared(struct image *image)
{
    const struct image_code *own = code_unsupported ? NULL : image_code_of(image);
    return !own || atomic_load(&own->is_prepared);
}
