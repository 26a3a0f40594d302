/* SPDX-License-Identifier: MIT */
#include "analysis/name_rows.h"

#include <errno.h>
#include <string.h>

#include "util/text.h"

static int64_t append_name(struct name_rows *rows, const char *name)
{
    const char *copy = arena_strdup(&rows->memory, name);
    const char **place = copy ? vec_push(&rows->names) : NULL;
    if (!place)
        return -ENOMEM;
    *place = copy;
    return (int64_t)rows->names.count - 1;
}

int64_t name_rows_add(struct name_rows *rows, const char *name, bool *added)
{
    uint64_t hash = text_hash(TEXT_HASH_START, name);
    int64_t row;
    *added = false;
    for (; (row = (int64_t)(uintptr_t)table_get(&rows->by_hash, hash) - 1) >= 0; hash++)
        if (strcmp(rows->names.items[row], name) == 0)
            return row;
    if (rows->most && rows->names.count >= rows->most) {
        if (rows->others)
            return rows->others - 1;
        row = append_name(rows, "(other)");
        rows->others = row < 0 ? 0 : row + 1;
        *added = row >= 0;
        return row;
    }
    row = append_name(rows, name);
    if (row >= 0 && table_put(&rows->by_hash, hash, (void *)(uintptr_t)(row + 1)) < 0) {
        rows->names.count--;
        return -ENOMEM;
    }
    *added = row >= 0;
    return row;
}

void name_rows_free(struct name_rows *rows)
{
    table_free(&rows->by_hash);
    vec_free(&rows->names);
    arena_free(&rows->memory);
}
