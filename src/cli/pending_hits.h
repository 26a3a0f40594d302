/* SPDX-License-Identifier: MIT */
/*
 * Pending hits: copies of hits in the order they were added, until it is known where they are to be
 * recorded. The memory is reserved at the start and used only while there are some.
 */
#ifndef CLI_PENDING_HITS_H
#define CLI_PENDING_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit.h"
#include "tp/record_redirect.h"
#include "util/error.h"

struct pending_hits {
    char *memory;
    size_t size; /* of the memory, in bytes */
    size_t used;
};

MUST_CHECK int pending_hits_init(struct pending_hits *pending, size_t size);
void pending_hits_destroy(struct pending_hits *pending);

/* Adds a copy. Does not allocate. false: there is no room. */
bool pending_hits_add(struct pending_hits *pending, struct record_place place, uint32_t event,
                      const struct hit *hit);

/* Calls `take` with each hit of the place and removes it. `take` must not add hits. */
void pending_hits_take(struct pending_hits *pending, const struct record_place *place,
                       void (*take)(void *data, uint32_t event, const struct hit *hit), void *data);

#endif
