/* SPDX-License-Identifier: MIT */
#include "ptrace/os/program_path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"

static const char DEFAULT_PATH[] = "/usr/local/bin:/usr/bin:/bin";

int program_path(const char *name, char path[PATH_MAX], struct error *err)
{
    int code = -ENOENT;
    if (!*name)
        return error_set(err, code, "the program's name is empty");
    if (strchr(name, '/')) {
        struct stat st;
        if (stat(name, &st) < 0)
            return error_set(err, -errno, "cannot run %s: %s", name,
                             errno == ENOENT ? "no such file" : strerror(errno));
        if (S_ISDIR(st.st_mode))
            return error_set(err, -EACCES, "cannot run %s: it is a directory", name);
        if (access(name, X_OK) < 0)
            return error_set(err, -errno, "cannot run %s: %s", name,
                             errno == EACCES ? "it is not executable" : strerror(errno));
        if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
            return error_set(err, -ENAMETOOLONG, "the program's name is too long");
        return 0;
    }
    const char *at = getenv("PATH");
    if (!at)
        at = DEFAULT_PATH;
    for (;;) {
        size_t n = strcspn(at, ":");
        struct stat st;
        const char *dir = n ? at : ".";
        if (snprintf(path, PATH_MAX, "%.*s/%s", n ? (int)n : 1, dir, name) < PATH_MAX &&
            stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            if (access(path, X_OK) == 0)
                return 0;
            code = -EACCES;
        }
        if (!at[n])
            break;
        at += n + 1;
    }
    if (code == -EACCES)
        return error_set(err, code, "cannot run %s: it is in PATH, but not executable", name);
    return error_set(err, code, "%s: no such program in PATH", name);
}
