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

void profile_add_duration(struct profile *profile, size_t index,
                          const struct call_duration *duration)
{
    struct profile_row *row = &profile->rows.items[index];
    int64_t ns = profile->net ? duration->net_ns : (int64_t)duration->raw_ns;
    row->self_ns += profile->net ? duration->self_net_ns : (int64_t)duration->self_raw_ns;
    row->total_ns +=
        ns - (profile->net ? duration->nested_net_ns : (int64_t)duration->nested_raw_ns);
    histogram_add(&row->durations, &profile->pool, ns > 0 ? (uint64_t)ns : 0);
}

void profile_free(struct profile *profile)
{
    vec_free(&profile->rows);
    histogram_pool_free(&profile->pool);
}
