/* SPDX-License-Identifier: MIT */
#include "analysis/function_table.h"

#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

struct table_function {
    struct traced_function function; /* first */
    struct table_function *next;     /* another one with the same hash */
};

struct function_table {
    bool (*selects)(void *data, const char *module, const char *name);
    void *data;
    struct arena arena;
    struct table by_name; /* hash -> the first with it */
    VEC(struct traced_function *) functions;
};

struct function_table *
function_table_new(bool (*selects)(void *data, const char *module, const char *name), void *data)
{
    struct function_table *table = calloc(1, sizeof(*table));
    if (table) {
        table->selects = selects;
        table->data = data;
    }
    return table;
}

void function_table_free(struct function_table *table)
{
    if (!table)
        return;
    table_free(&table->by_name);
    vec_free(&table->functions);
    arena_free(&table->arena);
    free(table);
}

struct traced_function *function_table_intern(struct function_table *table, const char *module,
                                              const char *name, enum function_origin origin)
{
    uint64_t key = text_hash_event(module, name);
    struct table_function *first = table_get(&table->by_name, key);
    for (struct table_function *at = first; at; at = at->next)
        if (strcmp(at->function.name, name) == 0 && strcmp(at->function.module, module) == 0)
            return &at->function;
    struct table_function *entry = arena_alloc(&table->arena, sizeof(*entry));
    const char *module_copy = arena_strdup(&table->arena, module);
    const char *name_copy = arena_strdup(&table->arena, name);
    struct traced_function **slot = NULL;
    if (entry && module_copy && name_copy && table->functions.count < UINT32_MAX)
        slot = vec_push(&table->functions);
    if (!slot)
        return NULL;
    *entry = (struct table_function){
        .function = {.id = (uint32_t)(table->functions.count - 1),
                     .module = module_copy,
                     .name = name_copy,
                     .origin = origin,
                     .selected = !table->selects || table->selects(table->data, module, name)},
        .next = first,
    };
    *slot = &entry->function;
    if (table_put(&table->by_name, key, entry) < 0) {
        table->functions.count--;
        return NULL;
    }
    return &entry->function;
}

size_t function_table_count(const struct function_table *table)
{
    return table->functions.count;
}

struct traced_function *function_table_at(const struct function_table *table, uint32_t id)
{
    return table->functions.items[id];
}
