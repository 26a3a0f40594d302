/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/checked_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/sorted.h"
#include "util/vec.h"

const struct checked_rule *checked_rules_find(const struct checked_rules *rules, uint64_t start)
{
    size_t n = sorted_up_to(rules->list.items, rules->list.count, start, start);
    const struct checked_rule *rule = n ? &rules->list.items[n - 1] : NULL;
    return rule && rule->start == start ? rule : NULL;
}

int checked_rules_add(struct checked_rules *rules, uint64_t start, const void *bytes, size_t n,
                      bool is_fde)
{
    struct checked_rule added = {.start = start, .is_fde = is_fde};
    if (n == 0 || __builtin_add_overflow(start, n, &added.end))
        return -EEXIST;
    size_t at = sorted_up_to(rules->list.items, rules->list.count, start, added.end - 1);
    if (at > 0 && rules->list.items[at - 1].end > start)
        return -EEXIST;
    added.bytes = malloc(n);
    if (!added.bytes || !vec_push(&rules->list)) {
        free(added.bytes);
        return -ENOMEM;
    }
    memcpy(added.bytes, bytes, n);
    struct checked_rule *place = &rules->list.items[at];
    memmove(place + 1, place, (rules->list.count - 1 - at) * sizeof(*place));
    *place = added;
    return 0;
}

void checked_rules_show(const struct checked_rules *rules, uint64_t at, uint64_t *word)
{
    const struct checked_rule *list = rules->list.items;
    size_t n = rules->list.count;
    uint64_t end;
    if (n == 0 || __builtin_add_overflow(at, sizeof(*word), &end) || end <= list[0].start ||
        at >= list[n - 1].end)
        return;
    n = sorted_up_to(list, n, start, end - 1);
    for (; n > 0 && list[n - 1].end > at; n--) {
        const struct checked_rule *rule = &list[n - 1];
        uint64_t from = rule->start > at ? rule->start : at;
        uint64_t to = rule->end < end ? rule->end : end;
        memcpy((uint8_t *)word + (from - at), rule->bytes + (from - rule->start), to - from);
    }
}

void checked_rules_clear(struct checked_rules *rules)
{
    for (size_t i = 0; i < rules->list.count; i++)
        free(rules->list.items[i].bytes);
    rules->list.count = 0;
}
