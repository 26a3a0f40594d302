/* SPDX-License-Identifier: MIT */
/* What is said of patterns that match no function. */
#ifndef CLI_UNMATCHED_PATTERNS_H
#define CLI_UNMATCHED_PATTERNS_H

#include <stdbool.h>

#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "util/vec.h"

struct unmatched_patterns {
    VEC(struct unmatched_pattern) list;
    VEC(struct image *) images; /* in which functions were looked for, the program first */
    bool is_early;              /* other modules may be loaded later */
};

/* Takes the patterns that have matched nothing up to now, which were not taken before. */
void unmatched_patterns_take(struct unmatched_patterns *unmatched,
                             const struct function_filter *select);
void unmatched_patterns_add_image(struct unmatched_patterns *unmatched, struct image *image);
/* Prints a line for each pattern: how else it would be written, why a function of that name is not
   traced, or which similar ones there are. May be called from any thread. */
void unmatched_patterns_say(const struct unmatched_patterns *unmatched);
void unmatched_patterns_free(struct unmatched_patterns *unmatched);

#endif
