/* SPDX-License-Identifier: MIT */
#include "symbols/module_index.h"

#include "symbols/image.h"
#include "symbols/image_internal.h"

/* Entries are compared after a look-up, as two files may have the same key. That is very unlikely,
   and then takes a walk over the list. */
static uint64_t mix(uint64_t key, uint64_t value)
{
    key = (key ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return key ^ key >> 32;
}

static uint64_t file_key(uint64_t inode, uint32_t major, uint32_t minor)
{
    return mix(mix(inode, UINT64_C(1) << 63), (uint64_t)major << 32 | minor);
}

static uint64_t key_of(const struct map *map)
{
    return file_key(map->inode, map->major, map->minor);
}

static bool is_of_file(const struct module *module, const struct map *map)
{
    return module->inode == map->inode && module->major == map->major &&
           module->minor == map->minor;
}

static const struct module *find_at(const struct modules *modules, const struct table *table,
                                    uint64_t key)
{
    size_t number = (size_t)(uintptr_t)table_get(table, key);
    return number ? &modules->list.items[number - 1] : NULL;
}

void module_index_free(struct module_index *index)
{
    table_free(&index->modules);
    table_free(&index->files);
    table_free(&index->others);
}

static const struct module *module_of(const struct module_index *index,
                                      const struct modules *modules, const struct map *map)
{
    const struct module *module = find_at(modules, &index->files, key_of(map));
    if (!module || is_of_file(module, map))
        return module;
    for (size_t i = 0; i < modules->list.count; i++)
        if (is_of_file(&modules->list.items[i], map))
            return &modules->list.items[i];
    return NULL;
}

struct image *module_index_image(const struct module_index *index, const struct modules *modules,
                                 const struct map *map)
{
    const struct module *module = module_of(index, modules, map);
    return module ? module->image : NULL;
}

bool module_index_has_bias(const struct module_index *index, const struct modules *modules,
                           const struct map *map, uint64_t bias)
{
    const struct module *module = find_at(modules, &index->modules, mix(key_of(map), bias));
    if (!module || (is_of_file(module, map) && module->load_bias == bias))
        return module != NULL;
    for (size_t i = 0; i < modules->list.count; i++)
        if (is_of_file(&modules->list.items[i], map) && modules->list.items[i].load_bias == bias)
            return true;
    return false;
}

bool module_index_has(const struct module_index *index, const struct modules *modules,
                      const struct map *map)
{
    const struct image *image = module_index_image(index, modules, map);
    uint64_t bias;
    for (size_t i = 0; image && i < image->file.n_segments; i++)
        if (image_load_bias(image, i, map->start, map->offset, &bias) &&
            module_index_has_bias(index, modules, map, bias))
            return true;
    return false;
}

int module_index_add(struct module_index *index, const struct modules *modules)
{
    size_t number = modules->list.count;
    const struct module *module = &modules->list.items[number - 1];
    uint64_t key = file_key(module->inode, module->major, module->minor);
    int r = table_put(&index->modules, mix(key, module->load_bias), (void *)(uintptr_t)number);
    if (r == 0 && !table_get(&index->files, key))
        r = table_put(&index->files, key, (void *)(uintptr_t)number);
    return r;
}

int module_index_leave_out(struct module_index *index, const struct map *map)
{
    return table_put(&index->others, key_of(map), (void *)(uintptr_t)map);
}

bool module_index_is_left_out(const struct module_index *index, const struct map *map)
{
    const struct map *other = table_get(&index->others, key_of(map));
    return other && other->inode == map->inode && other->major == map->major &&
           other->minor == map->minor;
}
