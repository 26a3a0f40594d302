/* SPDX-License-Identifier: MIT */
/*
 * The file of an image. It is open only while it is read, as there may be thousands of images. Each
 * time it is opened again, it is compared with the file as it was first opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/elf/build_id.h"
#include "symbols/elf/elf_copy.h"
#include "symbols/elf/target_file.h"
#include "symbols/image.h"
#include "symbols/image_internal.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

static bool is_inode(const struct image *image, const struct stat *status)
{
    return image->file.device == status->st_dev && image->file.inode == status->st_ino;
}

bool image_is_file(const struct image *image, const struct stat *status)
{
    return is_inode(image, status) && image->file.size == (uint64_t)status->st_size &&
           image->file.mtime.tv_sec == status->st_mtim.tv_sec &&
           image->file.mtime.tv_nsec == status->st_mtim.tv_nsec;
}

/* Takes ownership of `found`. */
static int check_found(const struct image *image, int found, struct stat *status)
{
    cleanup(cleanup_fd) int fd = found;
    if (fd >= 0 && (fstat(fd, status) < 0 || !is_inode(image, status)))
        return -ESTALE;
    return fd >= 0 ? take_fd(&fd) : found;
}

/* Finds the file through the process that mapped it last. */
static int find_mapped(const struct image *image, struct stat *status)
{
    struct process_root root;
    const struct map map = {
        .start = image->access.start,
        .end = image->access.end,
        .inode = image->file.inode,
        .path = image->path,
    };
    process_root_open(&root, image->access.pid);
    int found = check_found(image, target_file_mapped(image->access.pid, &root, &map), status);
    process_root_close(&root);
    return found;
}

/* Finds the file (O_PATH), wherever it is now. Negative errno. */
static int find_way_file(const struct image *image, struct stat *status)
{
    const struct process_root ours = {.fd = -1};
    if (!image->access.pid)
        return check_found(image, descriptors_open(image->path, O_PATH), status);
    int found = find_mapped(image, status);
    /* The process may have ended. A path in another root must not be looked up in ours. */
    if (found < 0 && !descriptors_out(found) && !image->access.other_root)
        found = check_found(image, target_file_named(&ours, image->path), status);
    return found;
}

int image_open_file(const struct image *image, struct error *err)
{
    struct stat status;
    cleanup(cleanup_fd) int found = find_way_file(image, &status);
    int fd = found;
    if (found >= 0)
        fd = !image_is_file(image, &status) ? -ESTALE
             : image->access.pid            ? target_file_open(found)
                                            : descriptors_open(image->path, O_RDONLY | O_NONBLOCK);
    if (fd >= 0)
        return fd;
    if (descriptors_out(fd))
        return error_set(err, fd, "cannot read %s: %s", image->path, strerror(-fd));
    return error_set(err, -ESTALE, "%s was changed, replaced or deleted after it was mapped",
                     image->path);
}

bool image_read_code(const struct image *image, file_vaddr vaddr, void *bytes, size_t size)
{
    uint64_t offset;
    if (!elf_file_offset_of_code(&image->file, vaddr, size, &offset))
        return false;
    cleanup(cleanup_fd) int fd = image_open_file(image, NULL);
    return fd >= 0 && pread(fd, bytes, size, (off_t)offset) == (ssize_t)size;
}

bool image_has_changed(const struct image *image)
{
    struct stat status;
    pthread_mutex_lock(&image->catalog->lock);
    cleanup(cleanup_fd) int found = find_way_file(image, &status);
    pthread_mutex_unlock(&image->catalog->lock);
    /* If no path leads to it any more, it cannot be opened for writing. */
    return found >= 0 && !image_is_file(image, &status);
}

void image_set_access(struct image *image, pid_t pid, const struct process_root *root,
                      const struct map *map)
{
    struct stat status;
    pthread_mutex_lock(&image->catalog->lock);
    image->access =
        (struct image_access){.pid = pid, .start = map->start, .end = map->end, .given_root = -1};
    if (root->fd >= 0 && fstat(root->fd, &status) == 0) {
        image->access.other_root = true;
        image->access.root_device = status.st_dev;
        image->access.root_inode = status.st_ino;
    }
    pthread_mutex_unlock(&image->catalog->lock);
}

void image_set_root(struct image *image, int root)
{
    image->access.given_root = root;
    image->access.other_root = true;
}

int image_open_root(const struct image *image, struct process_root *root)
{
    struct stat status;
    *root = (struct process_root){.fd = -1};
    if (!image->access.other_root)
        return 0;
    if (image->access.given_root >= 0) {
        root->fd = fcntl(image->access.given_root, F_DUPFD_CLOEXEC, 0);
        return root->fd < 0 ? -errno : 0;
    }
    process_root_open(root, image->access.pid);
    if (root->fd >= 0 && fstat(root->fd, &status) == 0 &&
        status.st_dev == image->access.root_device && status.st_ino == image->access.root_inode)
        return 0;
    process_root_close(root);
    return -ESTALE;
}

/* gdb's manual, "Debugging Information in Separate Files": the first byte of the build ID is a
   directory. */
bool image_debug_path(struct image *image, char *path, size_t size)
{
    struct elf_copy copy;
    struct error ignored;
    struct build_id id = {0};
    char hex[BUILD_ID_TEXT_SIZE];
    pthread_mutex_lock(&image->catalog->lock);
    cleanup(cleanup_fd) int fd = image_open_file(image, &ignored);
    if (fd >= 0 && elf_copy_symbols(&copy, fd) == 0) {
        elf_copy_build_id(&copy, &id);
        elf_copy_free(&copy);
    }
    pthread_mutex_unlock(&image->catalog->lock);
    if (id.length < 2)
        return false;
    build_id_text(&id, hex);
    return (size_t)snprintf(path, size, "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2) <
           size;
}
