/* SPDX-License-Identifier: MIT */
#include "symbols/module_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "symbols/elf/process_root.h"
#include "symbols/elf/target_file.h"
#include "symbols/image_internal.h"
#include "symbols/link_names.h"
#include "symbols/module_index.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"
#include "util/text.h"

/* The state of a scan of a process. */
struct scan {
    pid_t pid;
    struct catalog *catalog;
    const struct maps *maps;
    struct stat program; /* st_ino 0: not known */
    struct process_root root;
    struct module_index index;
};

/* Whether the mapping of a file's first bytes starts like an ELF file. */
static bool is_elf(const struct scan *scan, const struct map *first)
{
    char magic[SELFMAG];
    struct iovec local = {magic, sizeof(magic)};
    struct iovec remote = {(void *)(uintptr_t)first->start.value, sizeof(magic)};
    return process_vm_readv(scan->pid, &local, 1, &remote, 1, 0) == sizeof(magic) &&
           memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* Whether the mapped file is an ELF file. Other files have no functions. */
static bool is_elf_in_memory(const struct scan *scan, const struct map *map)
{
    for (size_t i = 0; i < scan->maps->list.count; i++) {
        const struct map *other = &scan->maps->list.items[i];
        if (other->offset || other->inode != map->inode || other->major != map->major ||
            other->minor != map->minor)
            continue;
        return is_elf(scan, other);
    }
    return false;
}

static struct left_out *note_left_out(struct catalog *catalog, const char *path, const char *why)
{
    struct left_out *left;
    for (left = catalog->left_out; left; left = left->next)
        if (strcmp(left->path, path) == 0)
            return left;
    left = arena_alloc(&catalog->arena, sizeof(*left));
    if (!left)
        return NULL;
    left->path = arena_strdup(&catalog->arena, path);
    left->provider = event_names_provider(path, &catalog->arena);
    left->reason = arena_strdup(&catalog->arena, why);
    if (!left->path || !left->provider || !left->reason)
        return NULL;
    left->next = catalog->left_out;
    catalog->left_out = left;
    return left;
}

static struct left_out *find_left_out(struct catalog *catalog, const char *path, const char *why)
{
    pthread_mutex_lock(&catalog->lock);
    struct left_out *left = note_left_out(catalog, path, why);
    pthread_mutex_unlock(&catalog->lock);
    return left;
}

/* Adds the file to those left out, once. */
static int leave_module_out(struct modules *modules, const struct scan *scan, const struct map *map,
                            const char *why)
{
    const char *path = process_root_path(&scan->root, map->path);
    log_debug("process %d: %s", (int)scan->pid, why);
    if (!is_elf_in_memory(scan, map))
        return 0;
    struct left_out *left = find_left_out(scan->catalog, path, why);
    if (!left)
        return -ENOMEM;
    for (size_t i = 0; i < modules->left_out.count; i++)
        if (modules->left_out.items[i] == left)
            return 0;
    struct left_out **place = vec_push(&modules->left_out);
    if (!place)
        return -ENOMEM;
    *place = left;
    return 0;
}

/* Leaves out the whole file, also its other mappings. Returns 1, or a negative errno. */
static int leave_out_file(struct modules *modules, struct scan *scan, const struct map *map,
                          const char *why)
{
    int r = leave_module_out(modules, scan, map, why);
    if (r == 0)
        r = module_index_leave_out(&scan->index, map);
    return r < 0 ? r : 1;
}

/* Finds the file that the process executes. If there is none (a kernel thread), no module is the
   program. */
static int find_program_file(struct scan *scan)
{
    cleanup(cleanup_fd) int program = target_file_program(scan->pid, NULL);
    if (program < 0 || fstat(program, &scan->program) < 0)
        scan->program.st_ino = 0;
    return descriptors_out(program) ? program : 0;
}

static bool is_program(const struct scan *scan, const struct image *image)
{
    return scan->program.st_ino != 0 && scan->program.st_ino == image->file.inode &&
           scan->program.st_dev == image->file.device;
}

static bool is_same_mapping(const struct module *module, const struct map *map)
{
    return module->inode == map->inode && module->major == map->major &&
           module->minor == map->minor;
}

enum found { FOUND, FOUND_DATA, FOUND_OTHER };

/* Finds the load bias of the file at that mapping. */
static enum found find_bias(const struct scan *scan, const struct image *image,
                            const struct map *map, uint64_t *bias)
{
    enum found found = FOUND_DATA;
    for (size_t i = 0; i < image->file.n_segments; i++) {
        if (!image_load_bias(image, i, map->start, map->offset, bias))
            continue;
        /* A position-dependent program has fixed addresses; at others it is mapped as data. */
        if (!image_is_position_independent(image) && *bias != 0)
            continue;
        if (elf_identity_compare(&image->file.identity, scan->pid, *bias) != ELF_IDENTITY_DIFFERENT)
            return FOUND;
        found = FOUND_OTHER;
    }
    return found;
}

/* Opens the mapped file. Returns 1 if it is left out, or a negative errno. */
static int open_mapped(struct modules *modules, struct scan *scan, const struct map *map,
                       struct image **image)
{
    char why[4096 + 256];
    const char *shown = process_root_path(&scan->root, map->path);
    struct error err = {0};
    *image = module_index_image(&scan->index, modules, map);
    if (*image)
        return 0;
    if (module_index_is_left_out(&scan->index, map))
        return 1;
    cleanup(cleanup_fd) int file = target_file_mapped(scan->pid, &scan->root, map);
    if (descriptors_out(file)) {
        snprintf(why, sizeof(why), "cannot read %s: %s", shown, strerror(-file));
        return leave_out_file(modules, scan, map, why);
    }
    if (file < 0) {
        snprintf(why, sizeof(why), "%s was deleted or replaced after it was mapped%s", shown,
                 geteuid() == 0 ? "" : ", and only root can still read it");
        return leave_out_file(modules, scan, map, why);
    }
    int r = catalog_open_target(scan->catalog, file, shown, image, &err);
    if (r < 0)
        return r == -ENOMEM ? r : leave_out_file(modules, scan, map, err.text);
    image_set_access(*image, scan->pid, &scan->root, map);
    return 0;
}

/* Adds the module that `map` is a part of. */
static int add_found(struct modules *modules, struct scan *scan, struct image *image,
                     const struct map *map, uint64_t bias)
{
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
    return module_index_add(&scan->index, modules);
}

/* Adds the module of an executable mapping, unless it is in the list. */
static int add_scanned(struct modules *modules, struct scan *scan, const struct map *map)
{
    char why[4096 + 256];
    struct image *image;
    uint64_t bias;
    if (module_index_has(&scan->index, modules, map))
        return 0;
    int r = open_mapped(modules, scan, map, &image);
    if (r != 0)
        return r < 0 ? r : 0;
    switch (find_bias(scan, image, map, &bias)) {
    case FOUND:
        break;
    case FOUND_OTHER:
        snprintf(why, sizeof(why), "%s is not the file that was mapped: its build is another",
                 process_root_path(&scan->root, map->path));
        return leave_module_out(modules, scan, map, why);
    default:
        return 0;
    }
    return add_found(modules, scan, image, map, bias);
}

/* Whether the file, loaded with that bias, has code at all of the mapping. */
static bool is_code_range(const struct image *image, uint64_t bias, const struct map *map)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < image->file.n_segments; i++) {
        const Elf64_Phdr *segment = &image->file.segments[i];
        uint64_t first = (segment->p_vaddr + bias) & ~(page - 1);
        uint64_t length = segment->p_vaddr + bias - first + segment->p_memsz + page - 1;
        if ((segment->p_flags & PF_X) && map->start.value >= first &&
            map->end.value - first <= (length & ~(page - 1)))
            return true;
    }
    return false;
}

/*
 * Some programs move their code to other pages, for example huge pages, at the same addresses:
 * `map` may be such pages. The file may have no executable mapping left. It is found by the last
 * mapping of a file's first page before `map`.
 */
static int add_moved(struct modules *modules, struct scan *scan, const struct map *first,
                     const struct map *map)
{
    struct image *image;
    uint64_t bias;
    if (!first || (!module_index_image(&scan->index, modules, first) && !is_elf(scan, first)))
        return 0;
    int r = open_mapped(modules, scan, first, &image);
    if (r != 0)
        return r < 0 ? r : 0;
    for (size_t i = 0; i < image->file.n_segments; i++) {
        if (!image_segment_bias(image, i, first->start, 0, &bias) ||
            (!image_is_position_independent(image) && bias != 0) ||
            !is_code_range(image, bias, map) ||
            module_index_has_bias(&scan->index, modules, first, bias))
            continue;
        if (elf_identity_compare(&image->file.identity, scan->pid, bias) != ELF_IDENTITY_DIFFERENT)
            return add_found(modules, scan, image, first, bias);
    }
    return 0;
}

/* Adds the modules of all executable mappings. */
static int add_modules(struct modules *modules, struct scan *scan)
{
    const struct map *first = NULL;
    int r = 0;
    for (size_t i = 0; i < scan->maps->list.count && r == 0; i++) {
        const struct map *map = &scan->maps->list.items[i];
        bool is_file = map->inode && map->path[0] == '/'; /* not "[vdso]" and the like */
        if (is_file && map->offset == 0 && !map->shared)
            first = map;
        if (map->execute && is_file)
            r = add_scanned(modules, scan, map);
        if (map->execute && r == 0 && !(is_file && module_index_has(&scan->index, modules, map)))
            r = add_moved(modules, scan, first, map);
    }
    return r;
}

/* A dynamic linker that was called by name (ld.so PROGRAM) is the file that the process executes,
   but the program is another module: the one that has it as interpreter and is not a library. */
static void find_program(struct modules *modules, const struct scan *scan)
{
    struct module *linker = NULL;
    struct stat status;
    for (size_t i = 0; i < modules->list.count; i++)
        if (modules->list.items[i].is_program && image_is_library(modules->list.items[i].image))
            linker = &modules->list.items[i];
    for (size_t i = 0; linker && i < modules->list.count; i++) {
        struct module *module = &modules->list.items[i];
        const char *interpreter = image_interpreter(module->image);
        if (!interpreter || module->image->file.has_soname)
            continue;
        cleanup(cleanup_fd) int file = target_file_named(&scan->root, interpreter);
        if (file >= 0 && fstat(file, &status) == 0 && status.st_ino == scan->program.st_ino &&
            status.st_dev == scan->program.st_dev) {
            module->is_program = true;
            linker->is_program = false;
            return;
        }
    }
}

/* The first mapping that ends after the address. */
static size_t first_behind(const struct maps *maps, uint64_t at)
{
    size_t low = 0, high = maps->list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->list.items[middle].end.value > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Extends the module by the mappings of its file in the range of its segments. */
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
    /* Skip mappings outside of that range. */
    uint64_t from = low + module->load_bias, to = high + module->load_bias;
    bool wraps = to < from || high < low;
    for (size_t i = wraps ? 0 : first_behind(maps, from); i < maps->list.count; i++) {
        const struct map *map = &maps->list.items[i];
        if (!wraps && map->start.value > to)
            break;
        if (!is_same_mapping(module, map))
            continue;
        /* The first page of a segment may start before the segment, so check the end of the
           mapping. */
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

/* The program's own name decides about others in this process. -ENOMEM. */
static int name_modules(struct modules *modules, const struct scan *scan)
{
    const struct module *program = NULL;
    for (size_t i = 0; i < modules->list.count; i++)
        if (modules->list.items[i].is_program)
            program = &modules->list.items[i];
    for (size_t i = 0; i < modules->list.count; i++) {
        struct module *module = &modules->list.items[i];
        struct image *image = image_beside_program(module->image, program ? program->image : NULL);
        if (!image)
            return -ENOMEM;
        module->image = image;
    }
    if (!program)
        return 0;
    int r = link_names_of_program(program->image, scan->pid, &scan->root);
    return r < 0 ? r : link_names_of_libraries(modules, program, scan->pid, &scan->root);
}

static int compare_by_start(const void *a, const void *b)
{
    const struct module *x = a, *y = b;
    return x->start.value < y->start.value ? -1 : x->start.value > y->start.value;
}

int modules_scan(struct modules *modules, pid_t pid, struct catalog *catalog, struct error *err)
{
    memset(modules, 0, sizeof(*modules));
    cleanup(maps_free) struct maps maps = {0};
    struct scan scan = {.pid = pid, .catalog = catalog, .maps = &maps};
    int r = find_program_file(&scan);
    if (r < 0)
        return error_set(err, r, "cannot read the program of process %d: %s", (int)pid,
                         strerror(-r));
    r = maps_read(&maps, pid);
    if (r < 0)
        return error_set(err, r, "cannot read the memory map of process %d: %s", (int)pid,
                         strerror(-r));
    process_root_open(&scan.root, pid);
    r = add_modules(modules, &scan);
    module_index_free(&scan.index);
    if (r == 0) {
        find_program(modules, &scan);
        r = name_modules(modules, &scan);
    }
    if (r < 0) {
        process_root_close(&scan.root);
        modules_free(modules);
        return error_set(err, r, "cannot read the modules of process %d: %s", (int)pid,
                         strerror(-r));
    }
    for (size_t i = 0; i < modules->list.count; i++)
        extend_module(&modules->list.items[i], &maps);
    process_root_close(&scan.root);
    if (modules->list.count)
        qsort(modules->list.items, modules->list.count, sizeof(struct module), compare_by_start);
    return 0;
}
