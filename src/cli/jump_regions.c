/* SPDX-License-Identifier: MIT */
#include "cli/jump_regions.h"

#include <errno.h>
#include <string.h>

#include "cli/target.h"
#include "symbols/code/region.h"
#include "symbols/module.h"

_Static_assert((int)JUMP_REGION_MAX >= (int)CODE_REGION_MAX, "a region fits");

static const struct module *module_with(const struct target *target, target_addr at)
{
    for (size_t i = 0; target && i < target->modules.count; i++)
        if (module_is_code(&target->modules.items[i]->module, at))
            return &target->modules.items[i]->module;
    return NULL;
}

int target_on_jump_region(void *data, struct process *process, target_addr at, bool is_return,
                          bool single, struct jump_region *region, const char **reason)
{
    struct code_region found;
    const struct module *module = module_with(process_data(process), at);
    (void)data;
    *reason = "it is in no file that is known";
    if (!module)
        return -ENOENT;
    int r = code_region_at(module->image, module_vaddr(module, at),
                           is_return ? CODE_RETURN : CODE_ENTRY, single, &found, reason);
    if (r < 0)
        return r;
    region->skip = found.skip;
    region->length = found.length;
    memcpy(region->code, found.code, found.length);
    return 0;
}
