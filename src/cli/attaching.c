#include "cli/attaching.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "symbols/catalog.h"
#include "symbols/target_file.h"
#include "util/cleanup.h"
#include "util/log.h"

/* Attached to, it would be stopped and let go for nothing. */
static int refuse_other_machines(struct tracer *tracer, pid_t pid, struct error *err)
{
    char link[64], path[PATH_MAX];
    struct image *image;
    struct error why;
    snprintf(link, sizeof(link), "/proc/%d/exe", pid);
    ssize_t n = readlink(link, path, sizeof(path) - 1);
    path[n < 0 ? 0 : n] = '\0';
    cleanup(cleanup_fd) int file = target_file_program(pid);
    if (n < 0 || file < 0 ||
        catalog_open_target(tracer->catalog, file, path, &image, &why) != -ENOTSUP)
        return 0; /* what else there is to say, attaching will say */
    return error_set(err, -ENOTSUP, "cannot attach to process %d: %s", pid, why.text);
}

static int attach(struct tracer *tracer, pid_t pid, struct error *err)
{
    int r = refuse_other_machines(tracer, pid, err);
    return r < 0 ? r : engine_attach(tracer->engine, pid, err);
}

int attaching_run(struct tracer *tracer, struct error *err)
{
    size_t n = tracer->options->pids.count, n_attached = 0;
    int r = 0;
    for (size_t i = 0; i < n && !tracer->failed; i++) {
        r = attach(tracer, tracer->options->pids.items[i], err);
        n_attached += r == 0;
        if (r == -EINTR) {
            log_warning("%s: it is let go", err->text);
            return 0;
        }
        if (r < 0 && (n_attached > 0 || i + 1 < n))
            log_error("%s; going on without it", err->text);
    }
    return n_attached > 0 ? 0 : r;
}
