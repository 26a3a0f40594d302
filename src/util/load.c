/* SPDX-License-Identifier: MIT */
#include "util/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/text.h"

/* The directory of the running executable, without a trailing slash. The caller frees it. On
   failure: NULL, err is set. */
static char *executable_directory(struct error *err)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n < 0) {
        error_set(err, -errno, "cannot read /proc/self/exe: %s", strerror(errno));
        return NULL;
    }
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    char *directory = strdup(path);
    if (!directory)
        error_set(err, -ENOMEM, "out of memory");
    return directory;
}

char *load_beside(const char *name, struct error *err)
{
    cleanup(cleanup_free) char *directory = executable_directory(err);
    char *path = directory ? text_format("%s/%s", directory, name) : NULL;
    if (directory && !path)
        error_set(err, -ENOMEM, "out of memory");
    return path;
}

/* Whether only root and the executable's owner can change the file or a directory on its path.
   Group write permission is the owner's decision. */
static bool is_trusted(const char *path)
{
    struct stat ours, its;
    cleanup(cleanup_free) char *real = realpath(path, NULL);
    if (!real || stat("/proc/self/exe", &ours) < 0)
        return false;
    for (char *slash; (slash = strrchr(real, '/')); *slash = '\0') {
        if (stat(real, &its) < 0 || (its.st_uid != 0 && its.st_uid != ours.st_uid) ||
            ((its.st_mode & S_IWOTH) && !(its.st_mode & S_ISVTX)))
            return false;
    }
    return true;
}

/* Says what dlerror() says of the library at `path` or of one that it needs. */
static void set_load_error(struct error *err, const char *path, const char *needs)
{
    const char *why = dlerror();
    bool is_ours = strncmp(why, path, strlen(path)) == 0;
    error_set(err, -ELIBACC, "cannot load %s%s%s", why, is_ours ? "" : ": install ",
              is_ours ? "" : needs);
}

const void *load_symbol(const char *name, const char *symbol, const char *needs, struct error *err)
{
    static const char *const places[] = {"../lib", "../lib/ptrace_tracer"};
    cleanup(cleanup_free) char *directory = executable_directory(err);
    if (!directory)
        return NULL;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        cleanup(cleanup_free) char *path =
            text_format("%s/%s/lib%s.so", directory, places[i], name);
        if (!path) {
            error_set(err, -ENOMEM, "out of memory");
            return NULL;
        }
        if (access(path, F_OK) < 0)
            continue;
        /* A hard link to an executable with capabilities (setcap(8)) must not give them to a
           library that another user put beside it. */
        if (getauxval(AT_SECURE) && !is_trusted(path)) {
            error_set(err, -EACCES,
                      "%s is not loaded with the capabilities of the tracer: others than its owner "
                      "and root can write there",
                      path);
            return NULL;
        }
        /* RTLD_LOCAL: we use the handle, and our helper functions must not override others. */
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            set_load_error(err, path, needs);
            return NULL;
        }
        const void *found = dlsym(handle, symbol);
        if (!found)
            error_set(err, -ELIBBAD, "%s is of another version: it has no %s", path, symbol);
        return found;
    }
    error_set(err, -ENOENT, "cannot find lib%s.so in %s/../lib: is the installation complete?",
              name, directory);
    return NULL;
}
