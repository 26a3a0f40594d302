/* SPDX-License-Identifier: MIT */
#include "util/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/descriptors.h"
#include "util/text.h"

enum { NAMES_TRIED = 100 };

static int cannot_write(const char *path, int code, struct error *err)
{
    return error_set(err, code, "cannot write to %s: %s", path, strerror(-code));
}

static int already_there(const char *path, struct error *err)
{
    return error_set(err, -EEXIST, "%s exists (--force replaces it)", path);
}

static void forget(struct new_file *file)
{
    free(file->path);
    free(file->place);
    free(file->temporary);
    *file = (struct new_file){0};
}

/* Opens a file that nobody has, beside the final one: a rename stays in one file system. */
static int open_beside(struct new_file *file)
{
    int fd = -EEXIST;
    for (int i = 0; fd == -EEXIST && i < NAMES_TRIED; i++) {
        free(file->temporary);
        file->temporary = text_format("%s.%ld-%d.part", file->place, (long)getpid(), i);
        fd = file->temporary
                 ? descriptors_open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
                 : -ENOMEM;
    }
    return fd;
}

static int open_new(struct new_file *file, struct error *err)
{
    struct stat status;
    bool exists = stat(file->path, &status) == 0;
    if (exists && S_ISREG(status.st_mode) && !file->replace)
        return already_there(file->path, err);
    file->place = exists ? realpath(file->path, NULL) : strdup(file->path);
    if (!file->place)
        return cannot_write(file->path, -errno, err);
    int fd = exists && !S_ISREG(status.st_mode) ? descriptors_open(file->path, O_WRONLY)
                                                : open_beside(file);
    file->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file->stream)
        return 0;
    int code = fd < 0 ? fd : -errno;
    if (fd >= 0) {
        close(fd);
        if (file->temporary)
            unlink(file->temporary);
    }
    return cannot_write(file->path, code, err);
}

int new_file_create(struct new_file *file, const char *path, bool replace, struct error *err)
{
    *file = (struct new_file){.path = strdup(path), .replace = replace};
    int rc = file->path ? open_new(file, err) : error_set(err, -ENOMEM, "out of memory");
    if (rc < 0)
        forget(file);
    return rc;
}

/* Without `replace` a file that was made meanwhile stays: link(2) replaces nothing. Where there are
   no hard links (FAT), this cannot be had. */
static int give_name(const struct new_file *file)
{
    if (!file->replace) {
        if (link(file->temporary, file->place) == 0)
            return unlink(file->temporary) == 0 ? 0 : -errno;
        if (errno == EEXIST)
            return -EEXIST;
    }
    return rename(file->temporary, file->place) == 0 ? 0 : -errno;
}

int new_file_finish(struct new_file *file, struct error *err)
{
    int code = fflush(file->stream) == 0 ? 0 : -errno;
    if (code == 0 && ferror(file->stream))
        code = -EIO;
    if (fclose(file->stream) != 0 && code == 0)
        code = -errno;
    file->stream = NULL;
    if (code == 0 && file->temporary)
        code = give_name(file);
    if (code == -EEXIST)
        already_there(file->path, err);
    else if (code < 0 && code != -EPIPE)
        cannot_write(file->path, code, err);
    if (code < 0 && file->temporary)
        unlink(file->temporary);
    forget(file);
    return code;
}

void new_file_discard(struct new_file *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    forget(file);
}
