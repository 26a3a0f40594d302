/* SPDX-License-Identifier: MIT */
#include "symbols/elf/process_root.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* Whether the process has the same files under the same names as we have. */
static bool is_ours(const char *root, pid_t pid)
{
    struct stat its, ours;
    char path[64];
    if (stat(root, &its) < 0 || stat("/", &ours) < 0)
        return true; /* not known; it could not be used */
    if (its.st_dev != ours.st_dev || its.st_ino != ours.st_ino)
        return false;
    /* The same directory, with other mounts: mount_namespaces(7). */
    snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
    return stat(path, &its) < 0 || stat("/proc/self/ns/mnt", &ours) < 0 ||
           its.st_ino == ours.st_ino;
}

void process_root_open(struct process_root *root, pid_t pid)
{
    char link[64];
    root->fd = -1;
    root->path[0] = '\0';
    snprintf(link, sizeof(link), "/proc/%d/root/.", (int)pid);
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    if (is_ours(link, pid))
        return;
    root->fd = descriptors_open(link, O_PATH | O_DIRECTORY);
    link[strlen(link) - strlen("/.")] = '\0';
    ssize_t n = readlink(link, root->path, sizeof(root->path) - 1);
    if (n <= 1) /* "/" */
        n = 0;
    root->path[n] = '\0';
}

void process_root_close(struct process_root *root)
{
    if (root->fd >= 0)
        close(root->fd);
    root->fd = -1;
}

const char *process_root_path(const struct process_root *root, const char *path)
{
    size_t length = strlen(root->path);
    bool below = strncmp(path, root->path, length) == 0 && path[length] == '/';
    return below ? path + length : path;
}
