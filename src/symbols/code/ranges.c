/* SPDX-License-Identifier: MIT */
#include "symbols/code/ranges.h"

#include <errno.h>
#include <stdlib.h>

#include "util/sorted.h"

int function_ranges_add(struct function_ranges *ranges, uint64_t start, uint64_t end,
                        unsigned flags)
{
    if (start >= end)
        return 0;
    if (ranges->list.count >= UINT32_MAX)
        return -ENOMEM;
    struct function_range *range = vec_push(&ranges->list);
    if (!range)
        return -ENOMEM;
    *range = (struct function_range){.start = start, .end = end, .flags = (uint8_t)flags};
    return 0;
}

static int compare_function_ranges(const void *x, const void *y)
{
    const struct function_range *a = x, *b = y;
    return a->start < b->start ? -1 : a->start > b->start;
}

void function_ranges_sort(struct function_ranges *ranges)
{
    const unsigned of_start =
        RANGE_SYMBOL | RANGE_PART | RANGE_CALLED | RANGE_THUNK | RANGE_POINTED;
    struct function_range *list = ranges->list.items;
    size_t n = 0;
    if (ranges->list.count)
        qsort(list, ranges->list.count, sizeof(*list), compare_function_ranges);
    for (size_t i = 0; i < ranges->list.count; i++) {
        struct function_range *last = n ? &list[n - 1] : NULL;
        if (!last || list[i].start >= last->end) {
            list[n] = list[i];
            list[n].parent = list[n].next = (uint32_t)n;
            n++;
            continue;
        }
        last->flags |= list[i].start == last->start ? list[i].flags : list[i].flags & ~of_start;
        if (list[i].end > last->end)
            last->end = list[i].end;
    }
    ranges->list.count = n;
}

void function_ranges_free(struct function_ranges *ranges)
{
    vec_free(&ranges->list);
}

int64_t function_ranges_find(const struct function_ranges *ranges, uint64_t at)
{
    size_t n = sorted_up_to(ranges->list.items, ranges->list.count, start, at);
    return n && at < ranges->list.items[n - 1].end ? (int64_t)(n - 1) : RANGE_NONE;
}

uint64_t function_ranges_next(const struct function_ranges *ranges, uint64_t at)
{
    size_t n = sorted_up_to(ranges->list.items, ranges->list.count, start, at);
    return n < ranges->list.count ? ranges->list.items[n].start : UINT64_MAX;
}

uint32_t function_ranges_group(struct function_ranges *ranges, uint32_t range)
{
    struct function_range *list = ranges->list.items;
    while (list[range].parent != range) {
        list[range].parent = list[list[range].parent].parent;
        range = list[range].parent;
    }
    return range;
}

void function_ranges_join(struct function_ranges *ranges, uint32_t a, uint32_t b)
{
    struct function_range *list = ranges->list.items;
    a = function_ranges_group(ranges, a);
    b = function_ranges_group(ranges, b);
    if (a == b)
        return;
    uint32_t first = a < b ? a : b, other = a < b ? b : a;
    list[other].parent = first;
    /* What was found of the two alone does not count for both. */
    bool is_indirect = list[first].state == GROUP_INDIRECT || list[other].state == GROUP_INDIRECT;
    list[first].state = is_indirect ? GROUP_INDIRECT : GROUP_UNKNOWN;
    uint32_t next = list[first].next;
    list[first].next = list[other].next;
    list[other].next = next;
}

void function_ranges_jump(struct function_ranges *ranges, uint32_t from, uint64_t target)
{
    int64_t to = function_ranges_find(ranges, target);
    if (to == RANGE_NONE || (uint32_t)to == from)
        return;
    const struct function_range *range = &ranges->list.items[to];
    if (range->flags & RANGE_THUNK)
        ranges->list.items[function_ranges_group(ranges, from)].state = GROUP_INDIRECT;
    bool is_function =
        target == range->start && range->flags & RANGE_SYMBOL && !(range->flags & RANGE_PART);
    if (!is_function && !((range->flags | ranges->list.items[from].flags) & RANGE_LINKAGE))
        function_ranges_join(ranges, from, (uint32_t)to);
}

static void flag_start(struct function_ranges *ranges, uint64_t target, uint8_t flag)
{
    int64_t to = function_ranges_find(ranges, target);
    if (to != RANGE_NONE && ranges->list.items[to].start == target)
        ranges->list.items[to].flags |= flag;
}

void function_ranges_call(struct function_ranges *ranges, uint64_t target)
{
    flag_start(ranges, target, RANGE_CALLED);
}

void function_ranges_point(struct function_ranges *ranges, uint64_t target)
{
    flag_start(ranges, target, RANGE_POINTED);
}
