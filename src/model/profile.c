/* SPDX-License-Identifier: MIT */
#include "model/profile.h"

#include <errno.h>

int64_t profile_add_row(struct profile *profile)
{
    return vec_push(&profile->rows) ? (int64_t)profile->rows.count - 1 : -ENOMEM;
}

int profile_reserve(struct profile *profile, uint32_t n)
{
    return histogram_pool_reserve(&profile->pool, n);
}

void cpu_share_add(struct cpu_share *share, const struct call_duration *duration, bool net)
{
    const struct call_cpu *cpu = &duration->cpu, *nested = &duration->nested_cpu;
    if (!duration->has_cpu)
        return;
    share->is_known = true;
    share->cpu_ns += net ? cpu->net_ns - nested->net_ns : cpu->raw_ns - nested->raw_ns;
    share->wait_ns +=
        net ? cpu->net_wait_ns - nested->net_wait_ns : cpu->raw_wait_ns - nested->raw_wait_ns;
}

void profile_add_duration(struct profile *profile, size_t index,
                          const struct call_duration *duration)
{
    struct profile_row *row = &profile->rows.items[index];
    int64_t ns = profile->net ? duration->net_ns : (int64_t)duration->raw_ns;
    row->self_ns += profile->net ? duration->self_net_ns : (int64_t)duration->self_raw_ns;
    row->total_ns +=
        ns - (profile->net ? duration->nested_net_ns : (int64_t)duration->nested_raw_ns);
    cpu_share_add(&row->cpu, duration, profile->net);
    histogram_add(&row->durations, &profile->pool, ns > 0 ? (uint64_t)ns : 0);
}

void profile_free(struct profile *profile)
{
    vec_free(&profile->rows);
    histogram_pool_free(&profile->pool);
}
