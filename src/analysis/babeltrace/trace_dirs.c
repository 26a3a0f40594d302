/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/trace_dirs.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "util/text.h"

enum { LEVELS_MAX = 32 };

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Anything but a regular file could block whoever opens it. */
static int add_if_trace(struct trace_dirs *dirs, const char *path)
{
    char *metadata = text_format("%s/metadata", path);
    struct stat status;
    if (!metadata)
        return -ENOMEM;
    bool is_trace = stat(metadata, &status) == 0 && S_ISREG(status.st_mode);
    free(metadata);
    if (!is_trace)
        return 0;
    char *copy = strdup(path), **slot = copy ? vec_push(&dirs->paths) : NULL;
    if (!slot) {
        free(copy);
        return -ENOMEM;
    }
    *slot = copy;
    return 0;
}

/* Reports what cannot be read: traces would be missing. */
static int visit_entry(FTS *tree, FTSENT *entry, struct trace_dirs *dirs, struct error *err)
{
    switch (entry->fts_info) {
    case FTS_D:
        if (entry->fts_level >= LEVELS_MAX)
            fts_set(tree, entry, FTS_SKIP);
        if (add_if_trace(dirs, entry->fts_path) < 0)
            return error_set(err, -ENOMEM, "out of memory");
        return 0;
    case FTS_DNR:
    case FTS_ERR:
        return error_set(err, -entry->fts_errno, "cannot read %s: %s", entry->fts_path,
                         strerror(entry->fts_errno));
    default:
        return 0;
    }
}

int trace_dirs_find(const char *path, struct trace_dirs *dirs, struct error *err)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return error_set(err, -ENOTDIR, "%s is not a directory: a trace is one", path);
    char *const roots[] = {(char *)path, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (!tree)
        return error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    int rc = 0;
    for (FTSENT *entry; rc == 0 && (entry = fts_read(tree));)
        rc = visit_entry(tree, entry, dirs, err);
    fts_close(tree);
    if (rc == 0 && dirs->paths.count == 0)
        return error_set(err, -ENODATA, "there is no trace in %s: no file 'metadata' is below it",
                         path);
    return rc;
}

void trace_dirs_free(struct trace_dirs *dirs)
{
    for (size_t i = 0; i < dirs->paths.count; i++)
        free(dirs->paths.items[i]);
    vec_free(&dirs->paths);
}
