/* SPDX-License-Identifier: MIT */
/* What of a target's code a jump may replace, for the engine: see struct engine_sink. */
#ifndef CLI_JUMP_REGIONS_H
#define CLI_JUMP_REGIONS_H

#include <stdbool.h>

#include "ptrace/engine.h"
#include "util/addr.h"

int target_on_jump_region(void *data, struct process *process, target_addr at, bool is_return,
                          bool single, struct jump_region *region, const char **reason);

#endif
