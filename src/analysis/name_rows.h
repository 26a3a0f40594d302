/* SPDX-License-Identifier: MIT */
/* Names with a number each, from 0: the rows of a profile. Their number may be limited. */
#ifndef ANALYSIS_NAME_ROWS_H
#define ANALYSIS_NAME_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/table.h"
#include "util/vec.h"

/* All zero is an empty one. */
struct name_rows {
    struct table by_hash; /* number + 1; a name whose hash is taken is at the next free one */
    VEC(const char *) names;
    struct arena memory;
    size_t most;    /* names; 0: no limit. All further names are the one that comes last: */
    int64_t others; /* its number + 1; 0: there is none */
};

/* The number of the name, which is added if it is new, or -ENOMEM. *added: whether it was. */
int64_t name_rows_add(struct name_rows *rows, const char *name, bool *added);
void name_rows_free(struct name_rows *rows);

#endif
