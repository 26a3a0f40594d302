/* SPDX-License-Identifier: MIT */
/* Names of code addresses, for the engine: see struct engine_sink. */
#ifndef CLI_TARGET_NAME_H
#define CLI_TARGET_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "ptrace/engine.h"

/* From any thread. `data` is unused; the process's data is its target, or NULL. */
size_t target_on_name_code(void *data, struct process *process, target_addr at, char *out,
                           size_t size);
size_t target_on_name_return(void *data, struct process *process, target_addr at, char *out,
                             size_t size);
bool target_on_is_code(void *data, struct process *process, target_addr at);

#endif
