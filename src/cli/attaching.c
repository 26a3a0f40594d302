/* SPDX-License-Identifier: MIT */
#include "cli/attaching.h"

#include <errno.h>

#include "cli/options.h"
#include "cli/tracer.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/image.h"
#include "util/error.h"
#include "util/log.h"

/* Checked before attaching, so that the process is not stopped for nothing. */
static int refuse_other_machines(struct tracer *tracer, pid_t pid, struct error *err)
{
    struct image *image;
    struct error why;
    if (catalog_open_program(tracer->catalog, pid, &image, &why) != -ENOTSUP)
        return 0; /* attaching reports other errors */
    return error_set(err, -ENOTSUP, "cannot attach to process %d: %s", pid, why.text);
}

static int attach_to(struct tracer *tracer, pid_t pid, struct error *err)
{
    int r = refuse_other_machines(tracer, pid, err);
    return r < 0 ? r : engine_attach(tracer->engine, pid, err);
}

int attaching_run(struct tracer *tracer, struct error *err)
{
    size_t n = tracer->options->pids.count, n_attached = 0;
    int r = 0;
    for (size_t i = 0; i < n && !tracer->run.failed; i++) {
        r = attach_to(tracer, tracer->options->pids.items[i], err);
        n_attached += r == 0;
        if (r == -EINTR) {
            log_warning("%s: it is detached", err->text);
            return 0;
        }
        if (r < 0 && (n_attached > 0 || i + 1 < n))
            log_error("%s; going on without it", err->text);
    }
    return n_attached > 0 ? 0 : r;
}
