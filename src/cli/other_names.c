/* SPDX-License-Identifier: MIT */
#include "cli/other_names.h"

#include <stdint.h>

#include "util/log.h"
#include "util/text.h"

static void *const PRESENT = (void *)(uintptr_t)1;

static uint64_t key_of_path(const char *path)
{
    return text_hash(TEXT_HASH_START, path);
}

void other_names_add(struct other_names *names, const char *module, const char *name)
{
    uint64_t key = text_hash(text_hash(key_of_path(module), "\n"), name);
    if (table_get(&names->known, key))
        return;
    struct other_name *place =
        table_put(&names->known, key, PRESENT) < 0 ? NULL : vec_push(&names->list);
    if (place)
        *place = (struct other_name){module, name};
    else
        log_debug("out of memory");
}

void other_names_keep(struct other_names *names, const struct probe *const *probes, size_t n)
{
    struct table modules = {0};
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (table_put(&modules, key_of_path(probes[i]->module), PRESENT) < 0)
            break;
    for (size_t i = 0; i < names->list.count; i++)
        if (table_get(&modules, key_of_path(names->list.items[i].module)))
            names->list.items[kept++] = names->list.items[i];
    names->list.count = kept;
    table_free(&modules);
}

void other_names_free(struct other_names *names)
{
    vec_free(&names->list);
    table_free(&names->known);
}
