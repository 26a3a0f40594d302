/* SPDX-License-Identifier: MIT */
#include "symbols/program_links.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
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

/* The name in execve(2), at the address in the auxiliary vector (proc(5)). */
static bool read_executed_name(pid_t pid, char path[PATH_MAX])
{
    Elf64_auxv_t vector[64];
    size_t n = read_proc_file(pid, "auxv", vector, sizeof(vector)) / sizeof(*vector);
    uint64_t at = 0;
    for (size_t i = 0; i < n && vector[i].a_type != AT_NULL; i++)
        if (vector[i].a_type == AT_EXECFN)
            at = vector[i].a_un.a_val;
    /* Near the top of the stack: reads page by page, as the next one may not be there. */
    size_t length = 0;
    while (at && length < PATH_MAX) {
        uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), left = page - (at + length) % page;
        size_t part = left < PATH_MAX - length ? (size_t)left : PATH_MAX - length;
        struct iovec local = {path + length, part};
        struct iovec remote = {(void *)(uintptr_t)(at + length), part};
        if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != (ssize_t)part)
            return false;
        length += part;
        if (memchr(path, '\0', length))
            return is_path(path, length);
    }
    return false;
}

static bool read_first_argument(pid_t pid, char path[PATH_MAX])
{
    size_t n = read_proc_file(pid, "cmdline", path, PATH_MAX);
    return n > 0 && is_path(path, n);
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

static int learn_link(struct image *program, pid_t pid, const struct process_root *root,
                      const char *path)
{
    struct stat status;
    cleanup(cleanup_fd) int file = find_link(pid, root, path);
    if (file < 0 || fstat(file, &status) < 0 || !image_is_file(program, &status))
        return 0;
    return image_add_name(program, path);
}

int program_links_learn(struct image *program, pid_t pid, const struct process_root *root)
{
    char path[PATH_MAX];
    int r = read_executed_name(pid, path) ? learn_link(program, pid, root, path) : 0;
    if (r == 0 && read_first_argument(pid, path))
        r = learn_link(program, pid, root, path);
    return r;
}
