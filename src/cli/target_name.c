/* SPDX-License-Identifier: MIT */
#include "cli/target_name.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/target.h"

static size_t name(const struct process *process, target_addr at, bool is_return, char *out,
                   size_t size)
{
    const struct target *target = process_data(process);
    if (!target)
        return (size_t)snprintf(out, size, "0x%" PRIx64, at.value);
    return code_map_name(target->code, at, is_return, out, size);
}

size_t target_on_name_code(void *data, struct process *process, target_addr at, char *out,
                           size_t size)
{
    (void)data;
    return name(process, at, false, out, size);
}

size_t target_on_name_return(void *data, struct process *process, target_addr at, char *out,
                             size_t size)
{
    (void)data;
    return name(process, at, true, out, size);
}

bool target_on_is_code(void *data, struct process *process, target_addr at)
{
    const struct target *target = process_data(process);
    (void)data;
    return target && code_map_is_code(target->code, at);
}
