/* SPDX-License-Identifier: MIT */
#include "analysis/call_visitors.h"

#include <stdalign.h>

/* Moves the data of the call, and of the one that has made it, to a visitor's part, or back. */
static void shift_data(struct call *call, ptrdiff_t offset)
{
    call->data = (char *)call->data + offset;
    if (call->parent)
        call->parent->data = (char *)call->parent->data + offset;
}

static int each_entered(void *data, struct call *call, const struct trace_event *event)
{
    const struct call_visitors *all = data;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        const struct call_visitor *visitor = &all->visitors[i];
        if (!visitor->entered)
            continue;
        shift_data(call, (ptrdiff_t)all->offsets[i]);
        rc = visitor->entered(visitor->data, call, event);
        shift_data(call, -(ptrdiff_t)all->offsets[i]);
    }
    return rc;
}

static int each_left(void *data, struct call *call, const struct trace_event *event)
{
    const struct call_visitors *all = data;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        const struct call_visitor *visitor = &all->visitors[i];
        if (!visitor->left)
            continue;
        shift_data(call, (ptrdiff_t)all->offsets[i]);
        rc = visitor->left(visitor->data, call, event);
        shift_data(call, -(ptrdiff_t)all->offsets[i]);
    }
    return rc;
}

static int each_lone_exit(void *data, struct traced_thread *thread, const struct trace_event *event,
                          uint32_t depth, const uint64_t *duration_ns)
{
    const struct call_visitors *all = data;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        const struct call_visitor *visitor = &all->visitors[i];
        if (visitor->lone_exit)
            rc = visitor->lone_exit(visitor->data, thread, event, depth, duration_ns);
    }
    return rc;
}

static int each_gap(void *data, const struct trace_gap *gap)
{
    const struct call_visitors *all = data;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        const struct call_visitor *visitor = &all->visitors[i];
        if (visitor->gap)
            rc = visitor->gap(visitor->data, gap);
    }
    return rc;
}

void call_visitors_add(struct call_visitors *all, const struct call_visitor *visitor)
{
    const size_t alignment = alignof(max_align_t);
    all->visitors[all->count] = *visitor;
    all->offsets[all->count++] = all->call_size;
    all->call_size += (visitor->call_size + alignment - 1) / alignment * alignment;
}

struct call_visitor call_visitors_visitor(struct call_visitors *all)
{
    return (struct call_visitor){
        .data = all,
        .call_size = all->call_size,
        .entered = each_entered,
        .left = each_left,
        .lone_exit = each_lone_exit,
        .gap = each_gap,
    };
}
