/* SPDX-License-Identifier: MIT */
#include "symbols/code/region.h"

#include <errno.h>
#include <stddef.h>

#include "util/addr.h"

int code_region_at(struct image *image, file_vaddr at, enum code_point point, bool single,
                   struct code_region *region, const char **reason)
{
    (void)image;
    (void)at;
    (void)point;
    (void)single;
    *region = (struct code_region){0};
    *reason = "the file's code has not been analysed";
    return -EPERM;
}
