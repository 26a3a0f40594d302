/* SPDX-License-Identifier: MIT */
#include "symbols/link_names.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "symbols/elf/target_file.h"
#include "symbols/image_internal.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* Reads the start of a file in /proc/PID. Returns the length; 0: it cannot be read. */
static size_t read_proc_file(pid_t pid, const char *name, void *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size);
    return n > 0 ? (size_t)n : 0;
}

/* Whether `size` bytes hold a path that ends there: a name without a slash may be anything. */
static bool is_path(const char *text, size_t size)
{
    return memchr(text, '\0', size) && strchr(text, '/');
}

static bool read_memory(pid_t pid, uint64_t at, void *out, size_t size)
{
    struct iovec local = {out, size};
    struct iovec remote = {(void *)(uintptr_t)at, size};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* Reads a path, page by page, as the next page may not be there. */
static bool read_path(pid_t pid, uint64_t at, char path[PATH_MAX])
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    size_t length = 0;
    while (at && length < PATH_MAX) {
        uint64_t left = page - (at + length) % page;
        size_t part = left < PATH_MAX - length ? (size_t)left : PATH_MAX - length;
        if (!read_memory(pid, at + length, path + length, part))
            return false;
        length += part;
        if (memchr(path, '\0', length))
            return is_path(path, length);
    }
    return false;
}

/* Finds the file at a path that the process uses (O_PATH). Negative errno. */
static int find_link(pid_t pid, const struct process_root *root, const char *path)
{
    char link[64];
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    if (*path == '/')
        return target_file_named(root, path);
    /* Below another root, a relative path may lead out of it. */
    if (root->fd >= 0)
        return -ENOENT;
    snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    cleanup(cleanup_fd) int directory = descriptors_open(link, O_PATH | O_DIRECTORY);
    return directory < 0 ? directory : descriptors_open_how(directory, path, &how);
}

static int learn_link(struct image *image, pid_t pid, const struct process_root *root,
                      const char *path)
{
    struct stat status;
    cleanup(cleanup_fd) int file = find_link(pid, root, path);
    if (file < 0 || fstat(file, &status) < 0 || !image_is_file(image, &status))
        return 0;
    return image_add_name(image, path);
}

/* ---- of the program ---- */

/* The name in execve(2), at the address in the auxiliary vector (proc(5)). */
static bool read_executed_name(pid_t pid, char path[PATH_MAX])
{
    Elf64_auxv_t vector[64];
    size_t n = read_proc_file(pid, "auxv", vector, sizeof(vector)) / sizeof(*vector);
    uint64_t at = 0;
    for (size_t i = 0; i < n && vector[i].a_type != AT_NULL; i++)
        if (vector[i].a_type == AT_EXECFN)
            at = vector[i].a_un.a_val;
    return read_path(pid, at, path);
}

static bool read_first_argument(pid_t pid, char path[PATH_MAX])
{
    size_t n = read_proc_file(pid, "cmdline", path, PATH_MAX);
    return n > 0 && is_path(path, n);
}

int link_names_of_program(struct image *program, pid_t pid, const struct process_root *root)
{
    char path[PATH_MAX];
    int r = read_executed_name(pid, path) ? learn_link(program, pid, root, path) : 0;
    if (r == 0 && read_first_argument(pid, path))
        r = learn_link(program, pid, root, path);
    return r;
}

/* ---- of libraries ---- */

/* The value of DT_DEBUG, which the dynamic linker has set; 0: it is not known (yet). */
static uint64_t find_debug(const struct module *program, pid_t pid)
{
    enum { AT_ONCE = 32, MOST = 512 };
    const Elf64_Phdr *segment = &program->image->file.dynamic;
    uint64_t at = module_target(program, file_vaddr_of(segment->p_vaddr)).value;
    size_t n = (size_t)(segment->p_memsz / sizeof(Elf64_Dyn));
    Elf64_Dyn entries[AT_ONCE];
    for (size_t i = 0; i < n && i < MOST; i++) {
        size_t some = n - i < AT_ONCE ? n - i : AT_ONCE;
        if (i % AT_ONCE == 0 &&
            !read_memory(pid, at + i * sizeof(*entries), entries, some * sizeof(*entries)))
            return 0;
        const Elf64_Dyn *entry = &entries[i % AT_ONCE];
        if (entry->d_tag == DT_NULL || entry->d_tag == DT_DEBUG)
            return entry->d_tag == DT_DEBUG ? entry->d_un.d_ptr : 0;
    }
    return 0;
}

/* The image of that load bias whose name has not been read in this process; NULL: there is none. */
static struct image *find_unread(const struct modules *modules, const struct module *program,
                                 pid_t pid, uint64_t load_bias)
{
    for (size_t i = 0; i < modules->list.count; i++) {
        const struct module *module = &modules->list.items[i];
        if (module != program && module->load_bias == load_bias)
            return atomic_load(&module->image->link_read_of) == pid ? NULL : module->image;
    }
    return NULL;
}

static bool has_unread(const struct modules *modules, const struct module *program, pid_t pid)
{
    for (size_t i = 0; i < modules->list.count; i++)
        if (&modules->list.items[i] != program &&
            atomic_load(&modules->list.items[i].image->link_read_of) != pid)
            return true;
    return false;
}

int link_names_of_libraries(const struct modules *modules, const struct module *program, pid_t pid,
                            const struct process_root *root)
{
    enum { LIBRARIES_MAX = 4096 }; /* a list of a hostile process may have no end */
    char path[PATH_MAX];
    struct r_debug debug;
    uint64_t at = has_unread(modules, program, pid) ? find_debug(program, pid) : 0;
    if (!at || !read_memory(pid, at, &debug, sizeof(debug)))
        return 0;
    struct link_map entry = {.l_next = debug.r_map};
    for (size_t i = 0; entry.l_next && i < LIBRARIES_MAX; i++) {
        if (!read_memory(pid, (uintptr_t)entry.l_next, &entry, sizeof(entry)))
            break;
        struct image *image = find_unread(modules, program, pid, entry.l_addr);
        if (!image)
            continue;
        atomic_store(&image->link_read_of, pid);
        int r =
            read_path(pid, (uintptr_t)entry.l_name, path) ? learn_link(image, pid, root, path) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}
