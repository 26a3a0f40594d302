/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/dwarf_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/dwarf/object_relocations.h"
#include "util/cleanup.h"
#include "util/log.h"

void dwarf_file_warn(const char *path, const char *why)
{
    log_warning("the debug information in %s is damaged (%s): functions that it describes show hex "
                "words",
                path, why);
}

void dwarf_file_warn_compressed(const char *path)
{
    log_warning("the debug information in %s is compressed in a way that the installed libelf does "
                "not support (zstd takes elfutils 0.189): functions that it describes show hex "
                "words; 'objcopy --decompress-debug-sections' helps",
                path);
}

/* Logs why a copy failed. Returns -EBADMSG or -ENOMEM. */
static int refuse(const char *path, int code)
{
    if (code == -ENOMEM)
        return code;
    if (code == -ENOTSUP)
        dwarf_file_warn_compressed(path);
    else if (code == -ESTALE)
        dwarf_file_warn(path, "it was written to while it was read");
    else if (code == -ENOEXEC)
        dwarf_file_warn(path, "it is truncated or corrupted");
    else
        dwarf_file_warn(path, strerror(-code));
    return -EBADMSG;
}

/* The path of the open file without symbolic links, as seen from the directory open as `root` (-1:
   our root). To be freed. */
static char *origin_of(int root, int fd, const char *path)
{
    char link[32], its[PATH_MAX], roots[PATH_MAX] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, its, sizeof(its) - 1);
    its[n < 0 ? 0 : n] = '\0';
    if (root >= 0) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", root);
        n = readlink(link, roots, sizeof(roots) - 1);
        roots[n <= 1 ? 0 : n] = '\0'; /* "/" */
    }
    size_t length = strlen(roots);
    bool below = *its == '/' && strncmp(its, roots, length) == 0 && its[length] == '/';
    return strdup(below ? its + length : path);
}

/* ---- preparing the copy for libdw ---- */

/*
 * libdw assumes that strings end. Zeros after the section make sure of it: the copy of the file has
 * them at its end, and the section is extended up to there; a section that was compressed is copied
 * to a larger buffer.
 */
static int end_strings(struct elf_copy *copy, const char *name)
{
    Elf_Scn *section = elf_copy_section(copy, name);
    const Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    if (header && (header->sh_flags & SHF_COMPRESSED) && elf_compress(section, 0, 0) < 0)
        return -ENOEXEC;
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    if (!data || !data->d_buf)
        return 0;
    char *bytes = data->d_buf;
    if (bytes >= copy->bytes && bytes < copy->bytes + copy->size) {
        data->d_size = (size_t)(copy->bytes + copy->size - bytes);
        return 0;
    }
    return elf_copy_add_room(copy, data);
}

static int start_dwarf(Dwarf **dwarf, struct elf_copy *copy)
{
    int r = object_relocations_apply(copy);
    if (r == 0)
        r = end_strings(copy, ".debug_str");
    if (r == 0)
        r = end_strings(copy, ".debug_line_str");
    if (r < 0)
        return r;
    *dwarf = dwarf_begin_elf(copy->elf, DWARF_C_READ, NULL);
    return *dwarf ? 0 : -ENOEXEC;
}

/* Reads .gnu_debugaltlink: the name of a file, and its build ID. */
static const char *shared_link(const struct elf_copy *copy, struct build_id *id)
{
    Elf_Scn *section = elf_copy_section(copy, ".gnu_debugaltlink");
    const Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
    if (!data || !data->d_buf)
        return NULL;
    const char *link = data->d_buf;
    size_t length = strnlen(link, data->d_size);
    id->length = length < data->d_size ? data->d_size - length - 1 : 0;
    if (length == 0 || id->length == 0 || id->length > sizeof(id->bytes))
        return NULL;
    memcpy(id->bytes, link + length + 1, id->length);
    return link;
}

/* If the file is not found it counts as missing; libdw must not search for it. */
static int open_shared(struct dwarf_file *file, const struct debug_search *search,
                       struct debuginfod *debuginfod)
{
    struct build_id id = {0};
    const char *link = shared_link(&file->copy, &id);
    if (!link)
        return 0;
    cleanup(cleanup_free) char *name = NULL;
    cleanup(cleanup_fd) int fd = debug_file_find_shared(search, file->origin, &id, link, &name);
    if (fd < 0)
        fd = debuginfod_find(debuginfod, &id, &name);
    int r = fd < 0 ? 0 : elf_copy_read(&file->shared_copy, fd, false);
    if (r == 0 && fd >= 0) {
        struct build_id its;
        elf_copy_build_id(&file->shared_copy, &its);
        r = build_id_equal(&its, &id) ? start_dwarf(&file->shared, &file->shared_copy) : -ESTALE;
    }
    if (r < 0)
        return refuse(name, r) == -ENOMEM ? -ENOMEM : 0;
    if (fd < 0)
        log_debug("%s, which has parts of the debug information of %s, is not found", link,
                  file->path);
    return 0;
}

static void hide_section(const struct elf_copy *copy, const char *name)
{
    Elf_Scn *section = elf_copy_section(copy, name);
    Elf64_Shdr *header = section ? elf64_getshdr(section) : NULL;
    if (header)
        header->sh_type = SHT_NOBITS;
}

static int begin_dwarf(struct dwarf_file *file, const struct debug_search *search,
                       struct debuginfod *debuginfod)
{
    int r = open_shared(file, search, debuginfod);
    if (r < 0)
        return r;
    hide_section(&file->copy, ".gnu_debugaltlink");
    hide_section(&file->shared_copy, ".gnu_debugaltlink");
    r = start_dwarf(&file->dwarf, &file->copy);
    if (r < 0) {
        dwarf_file_warn(file->path, dwarf_errmsg(-1));
        return -EBADMSG;
    }
    if (file->shared)
        dwarf_setalt(file->dwarf, file->shared);
    return 0;
}

/* ---- finding the file ---- */

static uint64_t lowest_address(const struct elf_copy *copy)
{
    size_t n;
    uint64_t lowest = UINT64_MAX;
    const Elf64_Phdr *segments = elf64_getphdr(copy->elf);
    if (!segments || elf_getphdrnum(copy->elf, &n) != 0)
        return lowest;
    for (size_t i = 0; i < n; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_vaddr < lowest)
            lowest = segments[i].p_vaddr;
    return lowest;
}

/* The file may have been moved after the debug information was separated (prelink(8)). */
static uint64_t bias_of(const struct elf_copy *of, const struct elf_copy *debug)
{
    uint64_t its = lowest_address(of), there = lowest_address(debug);
    return its == UINT64_MAX || there == UINT64_MAX ? 0 : its - there;
}

static int find_separate(const struct elf_copy *own, const struct build_id *id,
                         const char *own_origin, const struct debug_search *search,
                         struct debuginfod *debuginfod, char **name)
{
    struct debug_link link;
    debug_link_read(own, &link);
    int fd = debug_file_find(search, id, &link, name);
    /* The directory that a symbolic link leads to may have the debug file. */
    struct debug_search other = *search;
    other.path = own_origin;
    if (fd < 0 && strcmp(own_origin, search->path) != 0)
        fd = debug_file_find(&other, id, &link, name);
    return fd < 0 ? debuginfod_find(debuginfod, id, name) : fd;
}

/* Replaces the copy by one of the separate file, if there is one. */
static int open_separate(struct dwarf_file *file, const struct debug_search *search,
                         struct debuginfod *debuginfod)
{
    struct build_id id, its;
    cleanup(cleanup_free) char *name = NULL;
    elf_copy_build_id(&file->copy, &id);
    cleanup(cleanup_fd) int fd =
        find_separate(&file->copy, &id, file->origin, search, debuginfod, &name);
    if (fd < 0) {
        bool unasked = id.length && debuginfod_has_servers() && !debuginfod->may_ask;
        log_debug("no debug information for %s: none found%s", search->path,
                  unasked ? ", and no server is queried while a program is stopped" : "");
        return -ENOENT;
    }
    struct elf_copy separate;
    int r = elf_copy_read(&separate, fd, true);
    if (r < 0)
        return refuse(name, r);
    elf_copy_build_id(&separate, &its);
    file->bias = bias_of(&file->copy, &separate);
    elf_copy_free(&file->copy);
    file->copy = separate;
    free(file->path);
    free(file->origin);
    file->origin = origin_of(search->root, fd, name);
    file->path = take_ptr(name);
    if (!file->origin)
        return -ENOMEM;
    /* The file was replaced after it was found. */
    if (id.length && !build_id_equal(&id, &its))
        return refuse(file->path, -ESTALE);
    return elf_copy_has_dwarf(&file->copy) ? 0 : -ENOENT;
}

int dwarf_file_open(struct dwarf_file *file, int fd, const struct debug_search *search,
                    struct debuginfod *debuginfod)
{
    *file = (struct dwarf_file){.copy.memory = -1, .shared_copy.memory = -1};
    file->path = strdup(search->path);
    file->origin = origin_of(search->root, fd, search->path);
    if (!file->path || !file->origin)
        return -ENOMEM;
    int r = elf_copy_read(&file->copy, fd, false);
    if (r < 0)
        return refuse(file->path, r);
    if (!elf_copy_has_dwarf(&file->copy))
        r = open_separate(file, search, debuginfod);
    return r == 0 ? begin_dwarf(file, search, debuginfod) : r;
}

void dwarf_file_free(struct dwarf_file *file)
{
    if (file->dwarf)
        dwarf_end(file->dwarf);
    if (file->shared)
        dwarf_end(file->shared);
    elf_copy_free(&file->copy);
    elf_copy_free(&file->shared_copy);
    free(file->path);
    free(file->origin);
    *file = (struct dwarf_file){.copy.memory = -1, .shared_copy.memory = -1};
}
