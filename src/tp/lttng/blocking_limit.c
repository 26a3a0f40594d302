/* SPDX-License-Identifier: MIT */
#include "tp/lttng/blocking_limit.h"

static size_t slot_of(const void *channel)
{
    uint64_t hash = (uint64_t)(uintptr_t)channel * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) % FULL_SLOTS;
}

static bool is_full(const struct blocking_limit *limit, const void *channel)
{
    return atomic_load_explicit(&limit->full[slot_of(channel)], memory_order_relaxed) ==
           (uintptr_t)channel;
}

int blocking_limit_for(const struct blocking_limit *limit, const void *channel)
{
    return is_full(limit, channel) ? 0 : BLOCKING_LIMIT_MS;
}

void blocking_limit_note(struct blocking_limit *limit, const void *channel, bool lost)
{
    if (lost != is_full(limit, channel))
        atomic_store_explicit(&limit->full[slot_of(channel)], lost ? (uintptr_t)channel : 0,
                              memory_order_relaxed);
}
