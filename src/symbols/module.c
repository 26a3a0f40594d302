#include "symbols/module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "symbols/image.h"
#include "symbols/root.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

target_addr module_target(const struct module *module, file_vaddr vaddr)
{
    return target_addr_of(vaddr.value + module->load_bias);
}

file_vaddr module_vaddr(const struct module *module, target_addr at)
{
    return file_vaddr_of(at.value - module->load_bias);
}

/* What a scan needs to know of the process. */
struct scan {
    pid_t pid;
    struct catalog *catalog;
    struct stat program; /* st_ino 0 when it cannot be told */
    struct root root;
};

/* Whether the path now holds the file that is mapped. The device is no part of this: on btrfs and
   overlayfs the maps' is another than stat's, for the very same file. */
static bool is_mapped_file(const char *path, const struct map *map)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_ino == map->inode;
}

/*
 * Finds a path to open the mapped file by. /proc/PID/map_files holds the file itself, and needs
 * CAP_CHECKPOINT_RESTORE; /proc/PID/exe does so, too, for the program; else it is looked for where
 * the process sees it.
 */
static bool find_path(const struct scan *scan, const struct map *map, char *path, size_t size)
{
    struct stat status;
    snprintf(path, size, "/proc/%d/map_files/%llx-%llx", (int)scan->pid,
             (unsigned long long)map->start.value, (unsigned long long)map->end.value);
    if (stat(path, &status) == 0)
        return true;

    snprintf(path, size, "/proc/%d/exe", (int)scan->pid);
    if (is_mapped_file(path, map))
        return true;

    if (map->deleted)
        return false;
    int length =
        snprintf(path, size, "/proc/%d/root%s", (int)scan->pid, root_path(&scan->root, map->path));
    return length > 0 && (size_t)length < size && is_mapped_file(path, map);
}

static int open_image(const struct scan *scan, const struct map *map, struct image **image)
{
    char path[4096 + 64];
    char shown[512];
    text_escape(shown, sizeof(shown), map->path, strlen(map->path));
    if (!find_path(scan, map, path, sizeof(path))) {
        log_debug("process %d: %s is mapped but cannot be opened", (int)scan->pid, shown);
        return -ENOENT;
    }
    struct error err = {0};
    int r = catalog_open(scan->catalog, path, root_path(&scan->root, map->path), image, &err);
    if (r < 0)
        log_debug("process %d: %s", (int)scan->pid, err.text);
    else if (scan->root.fd >= 0)
        image_set_root(*image, scan->root.fd);
    return r;
}

static bool is_program(const struct scan *scan, const struct image *image)
{
    return scan->program.st_ino != 0 && scan->program.st_ino == image->file.inode &&
           scan->program.st_dev == image->file.device;
}

static bool same_file(const struct module *module, const struct map *map)
{
    return module->inode == map->inode && module->major == map->major &&
           module->minor == map->minor;
}

/* Adds the module that an executable mapping belongs to, if it is a new one. */
static int add_module(struct modules *modules, const struct scan *scan, const struct map *map)
{
    for (size_t i = 0; i < modules->list.count; i++) {
        const struct module *module = &modules->list.items[i];
        uint64_t bias;
        if (same_file(module, map) &&
            image_load_bias(module->image, map->start, map->offset, &bias) &&
            bias == module->load_bias)
            return 0;
    }
    struct image *image;
    int r = open_image(scan, map, &image);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    uint64_t bias;
    if (!image_load_bias(image, map->start, map->offset, &bias))
        return 0;
    /* A fixed program has its addresses; mapped elsewhere it is data. */
    if (!image_is_position_independent(image) && bias != 0)
        return 0;

    struct module *module = vec_push(&modules->list);
    if (!module)
        return -ENOMEM;
    *module = (struct module){
        .image = image,
        .is_program = is_program(scan, image),
        .load_bias = bias,
        .start = map->start,
        .end = map->end,
        .major = map->major,
        .minor = map->minor,
        .inode = map->inode,
    };
    return 0;
}

/* Grows the module over the mappings of its file that lie where its segments do. */
static void extend_module(struct module *module, const struct maps *maps)
{
    const struct elf_file *file = &module->image->file;
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < file->n_segments; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (segment->p_vaddr < low)
            low = segment->p_vaddr;
        if (segment->p_vaddr + segment->p_memsz > high)
            high = segment->p_vaddr + segment->p_memsz;
    }
    for (size_t i = 0; i < maps->list.count; i++) {
        const struct map *map = &maps->list.items[i];
        if (!same_file(module, map))
            continue;
        /* The first page of a segment may start before it, so the end of the mapping is asked. */
        uint64_t last = module_vaddr(module, map->end).value - 1;
        uint64_t first = module_vaddr(module, map->start).value;
        if (last < low || last - low > high - low + (map->end.value - map->start.value) ||
            (first > high && first <= last))
            continue;
        if (map->start.value < module->start.value)
            module->start = map->start;
        if (map->end.value > module->end.value)
            module->end = map->end;
    }
}

static int compare_modules(const void *a, const void *b)
{
    const struct module *x = a, *y = b;
    return x->start.value < y->start.value ? -1 : x->start.value > y->start.value;
}

int modules_scan(struct modules *modules, pid_t pid, struct catalog *catalog, struct error *err)
{
    memset(modules, 0, sizeof(*modules));
    struct scan scan = {.pid = pid, .catalog = catalog};
    char exe[64];
    snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
    if (stat(exe, &scan.program) < 0)
        scan.program.st_ino = 0;

    cleanup(maps_free) struct maps maps;
    int r = maps_read(&maps, pid);
    if (r < 0)
        return error_set(err, r, "cannot read the memory map of process %d: %s", (int)pid,
                         strerror(-r));
    root_open(&scan.root, pid);
    for (size_t i = 0; i < maps.list.count && r == 0; i++) {
        const struct map *map = &maps.list.items[i];
        /* Not "[vdso]" and the like. */
        if (map->execute && map->inode && map->path[0] == '/')
            r = add_module(modules, &scan, map);
    }
    root_close(&scan.root);
    if (r < 0) {
        modules_free(modules);
        return error_set(err, r, "cannot read the modules of process %d: %s", (int)pid,
                         strerror(-r));
    }
    for (size_t i = 0; i < modules->list.count; i++)
        extend_module(&modules->list.items[i], &maps);
    if (modules->list.count)
        qsort(modules->list.items, modules->list.count, sizeof(struct module), compare_modules);
    return 0;
}

void modules_free(struct modules *modules)
{
    vec_free(&modules->list);
}
