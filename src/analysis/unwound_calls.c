/* SPDX-License-Identifier: MIT */
#include "analysis/unwound_calls.h"

#include <errno.h>
#include <stdlib.h>

#include "util/text.h"

int unwound_calls_reserve(struct unwound_calls *calls, size_t n)
{
    calls->items = calloc(n + 1, sizeof(*calls->items));
    calls->room = calls->items ? n : 0;
    return calls->items ? 0 : -ENOMEM;
}

void unwound_calls_add(struct unwound_calls *calls, const struct unwound_call *call)
{
    if (calls->count < calls->room)
        calls->items[calls->count++] = *call;
}

uint32_t unwound_calls_function(const char *provider, const char *entry_event)
{
    return (uint32_t)text_hash_event(provider, entry_event);
}

void unwound_calls_free(struct unwound_calls *calls)
{
    free(calls->items);
    *calls = (struct unwound_calls){0};
}
