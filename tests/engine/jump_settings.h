/* SPDX-License-Identifier: MIT */
/* Engine tests with jumps in place of breakpoints: settings from the environment, and the code that
   a jump may replace. */
#ifndef ENGINE_JUMP_SETTINGS_H
#define ENGINE_JUMP_SETTINGS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/module_region.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/code/region.h"
#include "symbols/module.h"
#include "symbols/module_scan.h"

/* A number from the environment; 0: it is not set. */
static inline unsigned harness_setting(const char *name)
{
    const char *text = getenv(name);
    return text ? (unsigned)atoi(text) : 0;
}

/* Ends the program, as skipped, if jumps are wanted and this machine has none. */
static inline __attribute__((constructor)) void harness_may_skip(void)
{
    const char *obstacle = harness_setting("JUMP_AFTER") ? engine_jumps_obstacle() : NULL;
    if (!obstacle)
        return;
    printf("SKIP: no jumps: %s\n", obstacle);
    exit(77);
}

/* What of the code of a process, whose files are in the catalog, a jump may replace. */
static inline int find_jump_region(struct catalog *catalog, struct process *process, target_addr at,
                                   bool is_return, bool single, struct jump_region *region,
                                   const char **reason)
{
    struct modules modules = {0};
    struct error err;
    int r = -ENOENT;
    *reason = "it is in no file that is known";
    if (modules_scan(&modules, process_task(process), catalog, &err) < 0)
        return r;
    for (size_t i = 0; i < modules.list.count && r == -ENOENT; i++)
        if (module_is_code(&modules.list.items[i], at))
            r = module_region(&modules.list.items[i], at, is_return, single, region, reason);
    modules_free(&modules);
    return r;
}

#endif
