/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/text.h"

enum { SAME_SECOND_MAX = 1000, PROGRAM_NAME_MAX = 64 };

char *output_name(const char *program)
{
    char safe[PROGRAM_NAME_MAX + 1], when[32];
    const char *slash = program ? strrchr(program, '/') : NULL;
    const char *base = slash ? slash + 1 : program ? program : "";
    size_t n = strnlen(base, PROGRAM_NAME_MAX);
    for (size_t i = 0; i < n; i++) {
        char c = base[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("._+-", c);
        safe[i] = plain ? c : '_';
    }
    safe[n] = '\0';
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local) || !strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &local))
        return NULL;
    return text_format("ptrace_tracer-%s-%s", n ? safe : "process", when);
}

/* 1: the directory is empty. 0: it is not. Negative errno: it cannot be read. */
static int is_empty(const char *path)
{
    cleanup(cleanup_dir) DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return 0;
    return 1;
}

static int use_wanted(struct output *output, const char *wanted, struct error *err)
{
    if (mkdir(wanted, 0777) == 0)
        output->made = true;
    else if (errno != EEXIST)
        return error_set(err, -errno, "cannot make output directory %s: %s", wanted,
                         strerror(errno));
    int empty = is_empty(wanted);
    if (empty < 0)
        return error_set(err, empty, "cannot use output directory %s: %s", wanted,
                         strerror(-empty));
    if (!empty)
        return error_set(err, -ENOTEMPTY, "output directory %s is not empty", wanted);
    output->path = realpath(wanted, NULL);
    if (!output->path)
        return error_set(err, -errno, "cannot use output directory %s: %s", wanted,
                         strerror(errno));
    if (access(output->path, W_OK | X_OK) < 0)
        return error_set(err, -errno, "cannot write to output directory %s: %s", wanted,
                         strerror(errno));
    return 0;
}

static int make_named(struct output *output, const char *program, struct error *err)
{
    cleanup(cleanup_free) char *name = output_name(program);
    char path[PATH_MAX];
    if (!name)
        return error_set(err, -ENOMEM, "out of memory");
    for (int i = 1; i <= SAME_SECOND_MAX; i++) {
        int n = i == 1 ? snprintf(path, sizeof(path), "%s", name)
                       : snprintf(path, sizeof(path), "%s-%d", name, i);
        if (n < 0 || (size_t)n >= sizeof(path))
            break;
        if (mkdir(path, 0777) == 0) {
            output->made = true;
            output->path = realpath(path, NULL);
            if (output->path)
                return 0;
            return error_set(err, -errno, "cannot use %s: %s", path, strerror(errno));
        }
        if (errno != EEXIST)
            break;
    }
    return error_set(err, -errno,
                     "cannot make directory %s for the trace: %s (-o DIR takes another place)",
                     name, strerror(errno));
}

int output_make(struct output *output, const char *wanted, const char *program, struct error *err)
{
    *output = (struct output){0};
    int rc = wanted ? use_wanted(output, wanted, err) : make_named(output, program, err);
    if (rc < 0) {
        if (!output->path && output->made && wanted)
            rmdir(wanted);
        output_unmake(output);
        output_free(output);
    }
    return rc;
}

void output_unmake(struct output *output)
{
    if (output->made && output->path)
        rmdir(output->path);
    output->made = false;
}

void output_free(struct output *output)
{
    free(output->path);
    output->path = NULL;
}
