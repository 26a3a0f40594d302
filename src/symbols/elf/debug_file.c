/* SPDX-License-Identifier: MIT */
#include "symbols/elf/debug_file.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "symbols/elf/file_open.h"
#include "util/cleanup.h"
#include "util/text.h"

/* The directories of gdb and elfutils: that of the file, .debug in it, and the system's. */
static const char default_dirs[] = ":.debug:/usr/lib/debug";

/* What a file must match. */
struct wanted_debug_file {
    const struct debug_search *search;
    const struct build_id *id;
    const uint32_t *crc; /* of the whole file, if it has no build ID; NULL: not known */
};

/* ---- the debug link ---- */

bool debug_link_read(const struct elf_copy *copy, struct debug_link *link)
{
    Elf_Scn *section = elf_copy_section(copy, ".gnu_debuglink");
    const Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
    *link = (struct debug_link){0};
    if (!data || !data->d_buf)
        return false;
    const char *name = data->d_buf;
    size_t length = strnlen(name, data->d_size), crc_at = (length + 4) & ~(size_t)3;
    if (length == 0 || crc_at + sizeof(link->crc) > data->d_size || strchr(name, '/') ||
        strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    memcpy(&link->crc, name + crc_at, sizeof(link->crc));
    link->name = name;
    return true;
}

/* The CRC-32 of the whole file, the same as that of zlib. */
static bool has_crc(int fd, uint32_t wanted)
{
    unsigned char buffer[16384];
    uLong crc = crc32(0, NULL, 0);
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(fd, buffer, sizeof(buffer), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 && crc == wanted;
        crc = crc32(crc, buffer, (uInt)n);
        at += n;
    }
}

/* ---- one file ---- */

static bool has_build_id(int fd, const struct build_id *wanted)
{
    /* Read, not mapped: the file may be truncated meanwhile. */
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    struct build_id found;
    elf_copy_build_id(&(struct elf_copy){.elf = elf}, &found);
    elf_end(elf);
    return build_id_equal(&found, wanted);
}

/* Takes ownership of `name`. If the file matches, it becomes *found; else it is freed. */
static int try_file(const struct wanted_debug_file *wanted, char *name, char **found)
{
    cleanup(cleanup_free) char *owned = name;
    cleanup(cleanup_fd) int fd = owned ? file_open_named(wanted->search->root, owned) : -1;
    if (fd < 0)
        return -1;
    if (wanted->id->length ? !has_build_id(fd, wanted->id)
                           : !wanted->crc || !has_crc(fd, *wanted->crc))
        return -1;
    *found = take_ptr(owned);
    return take_fd(&fd);
}

/* ---- the directories ---- */

char *debug_file_beside(const char *beside, const char *file)
{
    const char *slash = strrchr(beside, '/');
    if (*file == '/' || !slash)
        return strdup(file);
    return text_format("%.*s/%s", (int)(slash - beside), beside, file);
}

static char *name_by_build_id(const char *dir, size_t length, const struct build_id *id)
{
    char hex[BUILD_ID_TEXT_SIZE];
    if (id->length < 2)
        return NULL;
    build_id_text(id, hex);
    return text_format("%.*s/.build-id/%.2s/%s.debug", (int)length, dir, hex, hex + 2);
}

/* Calls `look` for each directory until it returns a descriptor. */
static int in_each_dir(const struct wanted_debug_file *wanted, const char *link, char **name,
                       int (*look)(const struct wanted_debug_file *wanted, const char *dir,
                                   size_t length, const char *link, char **name))
{
    const char *dir = wanted->search->dirs ? wanted->search->dirs : default_dirs;
    for (;;) {
        size_t length = strcspn(dir, ":");
        int fd = look(wanted, dir, length, link, name);
        if (fd >= 0 || !dir[length])
            return fd;
        dir += length + 1;
    }
}

static int look_by_build_id(const struct wanted_debug_file *wanted, const char *dir, size_t length,
                            const char *link, char **name)
{
    (void)link;
    return *dir == '/' ? try_file(wanted, name_by_build_id(dir, length, wanted->id), name) : -1;
}

/* /usr/lib/debug may have /lib/x86_64-linux-gnu/ for files in /usr/lib/..., since one is a link to
   the other. So the path is also tried without its first directories. */
static int look_by_link(const struct wanted_debug_file *wanted, const char *dir, size_t length,
                        const char *link, char **name)
{
    const char *path = wanted->search->path, *slash = strrchr(path, '/');
    int fd = -1;
    if (!slash)
        return -1;
    if (length == 0)
        return try_file(wanted, debug_file_beside(path, link), name);
    if (*dir != '/')
        return try_file(
            wanted, text_format("%.*s/%.*s/%s", (int)(slash - path), path, (int)length, dir, link),
            name);
    for (const char *below = path; fd < 0 && below && below <= slash;
         below = strchr(below + 1, '/'))
        fd = try_file(
            wanted, text_format("%.*s%.*s/%s", (int)length, dir, (int)(slash - below), below, link),
            name);
    return fd;
}

/* The directory in which dwz(1) and distributions put shared debug information. */
static int look_for_shared(const struct wanted_debug_file *wanted, const char *dir, size_t length,
                           const char *link, char **name)
{
    const char *slash = strrchr(link, '/');
    if (*dir != '/')
        return -1;
    return try_file(wanted, text_format("%.*s/.dwz/%s", (int)length, dir, slash ? slash + 1 : link),
                    name);
}

int debug_file_find(const struct debug_search *search, const struct build_id *id,
                    const struct debug_link *link, char **name)
{
    struct wanted_debug_file wanted = {search, id, link->name ? &link->crc : NULL};
    cleanup(cleanup_free) char *invented = NULL;
    int fd = id->length ? in_each_dir(&wanted, NULL, name, look_by_build_id) : -1;
    if (fd < 0 && link->name)
        fd = in_each_dir(&wanted, link->name, name, look_by_link);
    /* The usual name of a debug file. */
    if (fd < 0 && id->length && !link->name) {
        const char *slash = strrchr(search->path, '/');
        invented = text_format("%s.debug", slash ? slash + 1 : search->path);
        fd = invented ? in_each_dir(&wanted, invented, name, look_by_link) : -1;
    }
    return fd;
}

int debug_file_find_shared(const struct debug_search *search, const char *named,
                           const struct build_id *id, const char *link, char **name)
{
    struct wanted_debug_file wanted = {search, id, NULL};
    if (!id->length)
        return -1;
    int fd = in_each_dir(&wanted, NULL, name, look_by_build_id);
    if (fd < 0)
        fd = try_file(&wanted, debug_file_beside(named, link), name);
    return fd < 0 ? in_each_dir(&wanted, link, name, look_for_shared) : fd;
}

int debug_file_try(char *name, const struct build_id *id, char **found)
{
    const struct debug_search ours = {.root = -1};
    struct wanted_debug_file wanted = {&ours, id, NULL};
    return try_file(&wanted, name, found);
}
