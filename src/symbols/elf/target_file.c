/* SPDX-License-Identifier: MIT */
#include "symbols/elf/target_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* Opens a link of /proc, which refers to the file itself, whatever its name is now. */
static int find_linked(const char *link)
{
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    return descriptors_open(link, O_PATH);
}

/* Reads the path in such a link. */
static int read_link(const char *link, char path[PATH_MAX])
{
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0)
        return -errno;
    size_t length = (size_t)n;
    maps_strip_deleted(path, &length);
    path[length] = '\0';
    return 0;
}

int target_file_program(pid_t pid, char path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
    int r = path ? read_link(link, path) : 0;
    return r < 0 ? r : find_linked(link);
}

int target_file_named(const struct process_root *root, const char *path)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_NO_MAGICLINKS | (root->fd >= 0 ? RESOLVE_IN_ROOT : 0),
    };
    int directory = root->fd >= 0 ? root->fd : AT_FDCWD, fd;
    {
        cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
        fd = descriptors_open_how(directory, path, &how);
    }
    /* Before Linux 5.6, or if a container forbids openat2(2): with the user's own rights. */
    if (root->fd >= 0 || (fd != -ENOSYS && fd != -EPERM))
        return fd;
    return descriptors_open(path, O_PATH);
}

/* Whether it is the mapped file. The device is not compared: on btrfs and overlayfs that in maps
   differs from that of stat(2). */
static bool is_mapped_file(int fd, const struct map *map)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_ino == map->inode;
}

/* The mapped file by its names. -ENOENT: none of them leads to it. */
static int find_by_name(pid_t pid, const struct process_root *root, const struct map *map)
{
    cleanup(cleanup_fd) int program = target_file_program(pid, NULL);
    if (is_mapped_file(program, map))
        return take_fd(&program);
    cleanup(cleanup_fd) int named =
        map->deleted ? -1 : target_file_named(root, process_root_path(root, map->path));
    if (is_mapped_file(named, map))
        return take_fd(&named);
    return descriptors_out(named) ? named : descriptors_out(program) ? program : -ENOENT;
}

int target_file_mapped(pid_t pid, const struct process_root *root, const struct map *map)
{
    char link[80];
    snprintf(link, sizeof(link), "/proc/%d/map_files/%llx-%llx", (int)pid,
             (unsigned long long)map->start.value, (unsigned long long)map->end.value);
    int file = find_linked(link);
    if (file < 0)
        file = find_by_name(pid, root, map);
    /* The only way of an ordinary user. Memory may be available again. */
    if (file == -ENOMEM)
        file = find_by_name(pid, root, map);
    return file;
}

int target_file_open(int found)
{
    char link[64];
    struct stat status;
    if (fstat(found, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -ENOEXEC;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    return descriptors_open(link, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}
