/* SPDX-License-Identifier: MIT */
#include "symbols/code/returns.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "symbols/code/arch.h"
#include "symbols/code/region.h"
#include "symbols/image_internal.h"
#include "util/cleanup.h"

enum { FUNCTION_MAX = 4 << 20 };

static int count_return(struct image *image, file_vaddr at, struct code_returns *returns)
{
    struct code_region region;
    const char *reason;
    int r = code_region_at(image, at, CODE_RETURN, false, &region, &reason);
    returns->n++;
    returns->good += r == 0;
    return r == -EPERM ? 0 : r;
}

int code_returns_count(struct image *image, file_vaddr start, uint64_t size,
                       struct code_returns *returns)
{
    struct code_insn insn;
    if (code_unsupported)
        return -ENOTSUP;
    if (size > FUNCTION_MAX)
        return 0;
    cleanup(cleanup_free) uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return -ENOMEM;
    if (!image_read_code(image, start, bytes, size))
        return 0;
    int r = 0;
    for (uint64_t at = 0; at < size && r == 0; at += insn.length) {
        code_insn_decode(&insn, bytes + at, size - at);
        if (insn.length == 0)
            break;
        /* A call that does not return ends the function. */
        if (insn.kind == CODE_INSN_CALL && at + insn.length < size)
            r = count_return(image, file_vaddr_of(start.value + at + insn.length), returns);
    }
    return r;
}
