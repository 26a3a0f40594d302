/* SPDX-License-Identifier: MIT */
/* Common code of the tests of debug files: files in a directory of the test, and what is found. */
#ifndef UNIT_DEBUG_FILES_H
#define UNIT_DEBUG_FILES_H

#include "symbols/dwarf/dwarf_file.h"
#include "symbols/elf/debug_file.h"
#include "symbols/elf/file_open.h"
#include "unit/symbols_files.h"
#include "util/log.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[64];

static inline void make_dir(void)
{
    strcpy(dir, "/tmp/debug_files.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

/* DIR/NAME; the last few results stay valid. */
static inline const char *in_dir(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];
    ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", dir, name), PATH_MAX);
    return path;
}

static inline void make_dirs(const char *path)
{
    char command[2 * PATH_MAX + 16];
    snprintf(command, sizeof(command), "mkdir -p '%s'", path);
    ck_assert_int_eq(system(command), 0);
}

struct content {
    char *bytes;
    size_t size;
};

static inline struct content load(const char *path)
{
    struct content content;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(fstat(fd, &status), 0);
    content.size = (size_t)status.st_size;
    content.bytes = malloc(content.size);
    ck_assert_ptr_nonnull(content.bytes);
    ck_assert_int_eq(read(fd, content.bytes, content.size), (ssize_t)content.size);
    close(fd);
    return content;
}

static inline void store(const char *path, struct content content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, content.bytes, content.size), (ssize_t)content.size);
    close(fd);
}

static inline void copy(const char *from, const char *to)
{
    struct content content = load(from);
    store(to, content);
    free(content.bytes);
}

static inline bool is_section_start(struct content content, const char *at)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)content.bytes;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr section;
        memcpy(&section, content.bytes + header->e_shoff + i * sizeof(section), sizeof(section));
        if (content.bytes + section.sh_offset == at)
            return true;
    }
    return false;
}

/*
 * The string in the file that ends in `end` and starts after a NUL, or at the start of a section.
 */
static inline char *find_string(struct content content, const char *end)
{
    char *found = memmem(content.bytes, content.size, end, strlen(end) + 1);
    ck_assert_ptr_nonnull(found);
    while (found > content.bytes && found[-1] && !is_section_start(content, found))
        found--;
    return found;
}

/* Copies a built file and replaces the string that ends in `end` by `name`, padded with slashes
   after its last slash. */
static inline void copy_renamed(const char *from, const char *to, const char *end, const char *name)
{
    struct content content = load(from);
    char *string = find_string(content, end);
    const char *last = strrchr(name, '/');
    size_t length = strlen(string);
    ck_assert_uint_le(strlen(name), length);
    memset(string, '/', length);
    memcpy(string, name, (size_t)(last - name));
    memcpy(string + length - strlen(last + 1), last + 1, strlen(last + 1));
    store(to, content);
    free(content.bytes);
}

static char split_file[PATH_MAX];
static const char split_end[] = "types_gcc_split-symbols_types.dwo";

static inline const char *split_dwo(void)
{
    snprintf(split_file, sizeof(split_file), "%s-symbols_types.dwo",
             symbols_file("types_gcc_split"));
    return split_file;
}

/* Whether the parameters of a function that has some are known. */
static inline bool has_types(const char *path, int root, const char *debug_path, const char *event)
{
    struct opened opened;
    struct error err = {0};
    ck_assert_int_eq(catalog_new(&opened.catalog), 0);
    ck_assert_int_eq(function_filter_new(&opened.select), 0);
    ck_assert_int_eq(catalog_set_debug_path(opened.catalog, debug_path), 0);
    ck_assert_msg(catalog_open(opened.catalog, path, &opened.image, &err) == 0, "%s", err.text);
    if (root >= 0)
        image_set_root(opened.image, root);
    ck_assert_int_eq(
        image_probes(opened.image, opened.select, true, false, &opened.probes, &opened.n, &err), 0);
    const struct probe *probe = probe_named(&opened, event);
    bool has = probe && probe->source != SIGNATURE_NONE;
    close_file(&opened);
    return has;
}

static inline bool has_split_types(const char *path, int root)
{
    return has_types(path, root, NULL, "integers_entry");
}

#endif
