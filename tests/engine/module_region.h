/* SPDX-License-Identifier: MIT */
/* The code of a module that a jump may replace, as the engine asks for it. */
#ifndef ENGINE_MODULE_REGION_H
#define ENGINE_MODULE_REGION_H

#include <string.h>

#include "ptrace/engine.h"
#include "symbols/code/region.h"
#include "symbols/module.h"

static inline int module_region(const struct module *module, target_addr at, bool is_return,
                                bool single, struct jump_region *region, const char **reason)
{
    struct code_region found;
    int r = code_region_at(module->image, module_vaddr(module, at),
                           is_return ? CODE_RETURN : CODE_ENTRY, single, &found, reason);
    if (r < 0)
        return r;
    region->skip = found.skip;
    region->length = found.length;
    region->is_single = found.is_single;
    region->ends_in_call = found.ends_in_call;
    memcpy(region->code, found.code, found.length);
    return 0;
}

#endif
