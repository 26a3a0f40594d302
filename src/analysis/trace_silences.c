/* SPDX-License-Identifier: MIT */
#include "analysis/trace_silences.h"

#include <errno.h>

int trace_silences_add(struct trace_silences *silences, const struct trace_gap *gap, uint32_t trace)
{
    while (silences->traces.count <= trace)
        if (!vec_push(&silences->traces))
            return -ENOMEM;
    struct trace_silence *silence = &silences->traces.items[trace];
    uint64_t *until = gap->is_pause ? &silence->paused_ns : &silence->lost_ns;
    *until = gap->end_ns > *until ? gap->end_ns : *until;
    return 0;
}

bool trace_silences_lost(const struct trace_silences *silences, uint32_t trace, uint64_t time_ns)
{
    return trace < silences->traces.count && silences->traces.items[trace].lost_ns >= time_ns;
}

bool trace_silences_paused(const struct trace_silences *silences, uint32_t trace, uint64_t time_ns)
{
    return trace < silences->traces.count && silences->traces.items[trace].paused_ns > time_ns;
}
