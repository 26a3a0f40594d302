/* SPDX-License-Identifier: MIT */
/* What of a target's code a jump may replace, for the engine: see struct engine_sink. */
#ifndef CLI_JUMP_REGIONS_H
#define CLI_JUMP_REGIONS_H

#include <stdbool.h>

#include "ptrace/engine.h"
#include "util/addr.h"

struct jump_regions;

/* Makes what target_on_jump_region() needs, with a thread that reads files. NULL: out of memory. */
struct jump_regions *jump_regions_new(void);
/* After the engine, before the catalog. NULL is allowed. */
void jump_regions_free(struct jump_regions *regions);

/* `data`: the tracer, whose `regions` are set. -EAGAIN: the file is being read. */
int target_on_jump_region(void *data, struct process *process, target_addr at, bool is_return,
                          bool single, struct jump_region *region, const char **reason);

#endif
