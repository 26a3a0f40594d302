/* SPDX-License-Identifier: MIT */
#include "symbols/code_map.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/sorted.h"

enum {
    CACHE_ENTRIES = 256, /* a power of two */
    CACHE_NAME_MAX = 120,
    /* How many modules a look-up tries: they do not overlap, except where one is mapped into a hole
       of another. */
    LOOK_BACK_MAX = 4,
};

/* A cached name. The name of a return address may differ from that of the same address
   otherwise. */
struct cached {
    uint64_t key; /* the address and whether it is a return address; 0: none */
    uint8_t length;
    char name[CACHE_NAME_MAX];
};

struct code_map {
    pthread_mutex_t lock;   /* of the members below */
    struct module *modules; /* ascending by start */
    size_t n;
    struct cached *cache; /* NULL until the first use */
};

struct code_map *code_map_new(void)
{
    struct code_map *map = calloc(1, sizeof(*map));
    if (map)
        pthread_mutex_init(&map->lock, NULL);
    return map;
}

void code_map_free(struct code_map *map)
{
    if (!map)
        return;
    pthread_mutex_destroy(&map->lock);
    free(map->modules);
    free(map->cache);
    free(map);
}

static int compare_code_modules(const void *x, const void *y)
{
    const struct module *a = x, *b = y;
    return a->start.value < b->start.value ? -1 : a->start.value > b->start.value;
}

void code_map_set(struct code_map *map, const struct module *const *modules, size_t n)
{
    struct module *copy = calloc(n + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < n; i++)
        copy[i] = *modules[i];
    if (copy && n)
        qsort(copy, n, sizeof(*copy), compare_code_modules);
    pthread_mutex_lock(&map->lock);
    free(map->modules);
    map->modules = copy;
    map->n = copy ? n : 0;
    if (map->cache)
        memset(map->cache, 0, CACHE_ENTRIES * sizeof(*map->cache));
    pthread_mutex_unlock(&map->lock);
}

static size_t find_name(const struct code_map *map, target_addr at, bool is_return, char *out,
                        size_t size)
{
    target_addr within = target_addr_plus(at, is_return ? -1 : 0);
    size_t behind = sorted_up_to(map->modules, map->n, start.value, within.value);
    for (size_t back = 1; back <= LOOK_BACK_MAX && back <= behind; back++) {
        const struct module *module = &map->modules[behind - back];
        if (!target_addr_within(within, module->start, module->end))
            continue;
        size_t length =
            image_name_code(module->image, module_vaddr(module, at), is_return, out, size);
        if (length)
            return length;
    }
    return (size_t)snprintf(out, size, "0x%" PRIx64, at.value);
}

bool code_map_is_code(struct code_map *map, target_addr at)
{
    bool is_code = false;
    pthread_mutex_lock(&map->lock);
    size_t behind = sorted_up_to(map->modules, map->n, start.value, at.value);
    for (size_t back = 1; !is_code && back <= LOOK_BACK_MAX && back <= behind; back++)
        is_code = module_is_code(&map->modules[behind - back], at);
    pthread_mutex_unlock(&map->lock);
    return is_code;
}

size_t code_map_name(struct code_map *map, target_addr at, bool is_return, char *out, size_t size)
{
    uint64_t key = at.value << 1 | is_return;
    /* Values of a program may have any bit set. The key drops the top bit; no code lies at such
       addresses. */
    bool is_cached = key != 0 && !(at.value >> 63);
    pthread_mutex_lock(&map->lock);
    if (is_cached && !map->cache)
        map->cache = calloc(CACHE_ENTRIES, sizeof(*map->cache));
    /* Fibonacci hashing. */
    struct cached *cached =
        is_cached && map->cache
            ? &map->cache[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 56 & (CACHE_ENTRIES - 1)]
            : NULL;
    size_t length;
    if (cached && cached->key == key && cached->length < size) {
        length = cached->length;
        memcpy(out, cached->name, length + 1);
    } else {
        length = find_name(map, at, is_return, out, size);
        if (cached && length < CACHE_NAME_MAX) {
            cached->key = key;
            cached->length = (uint8_t)length;
            memcpy(cached->name, out, length + 1);
        }
    }
    pthread_mutex_unlock(&map->lock);
    return length;
}
