/* SPDX-License-Identifier: MIT */
#include "util/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *vec_push_raw(void **items, size_t *count, size_t *capacity, size_t size)
{
    if (*count == *capacity) {
        size_t wanted = *capacity ? *capacity * 2 : 8;
        if (wanted > SIZE_MAX / size)
            return NULL;
        void *grown = realloc(*items, wanted * size);
        if (!grown)
            return NULL;
        *items = grown;
        *capacity = wanted;
    }
    void *element = (char *)*items + *count * size;
    memset(element, 0, size);
    ++*count;
    return element;
}
