/* SPDX-License-Identifier: MIT */
#include "cli/default_trace.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/sudo_user.h"
#include "tp/session/session.h"

/* The directory that was changed last. NULL: there is none. */
static char *newest_own(void)
{
    glob_t found;
    char *newest = NULL;
    struct timespec newest_time = {0};
    if (glob("ptrace_tracer-*", 0, NULL, &found) != 0)
        return NULL;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat status;
        if (stat(found.gl_pathv[i], &status) < 0 || !S_ISDIR(status.st_mode))
            continue;
        const struct timespec *time = &status.st_mtim;
        if (newest && (time->tv_sec < newest_time.tv_sec ||
                       (time->tv_sec == newest_time.tv_sec && time->tv_nsec < newest_time.tv_nsec)))
            continue;
        free(newest);
        newest = strdup(found.gl_pathv[i]);
        newest_time = *time;
    }
    globfree(&found);
    return newest;
}

int default_trace_find(char **path, struct error *err)
{
    struct error ignored;
    *path = newest_own();
    if (*path)
        return 0;
    const struct session_ops *ops = session_load(&ignored);
    *path = ops ? ops->current_path(sudo_user_home()) : NULL;
    return *path ? 0
                 : error_set(err, -ENOENT,
                             "no trace is named, there is no ./ptrace_tracer-*, and there is no "
                             "current LTTng session with a trace: name a directory");
}
