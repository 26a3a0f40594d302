/* SPDX-License-Identifier: MIT */
#include "cli/setup_call.h"

#include <errno.h>

#include "cli/options.h"
#include "cli/timed_call.h"
#include "cli/tracer.h"
#include "cli/watcher.h"
#include "util/error.h"
#include "util/log.h"

enum { TELL_AFTER_MS = 3000 };

static bool is_setup_interrupted(void *data, int64_t waited_ms, struct error *err)
{
    struct tracer *tracer = data;
    const char *file = tracer->options->print_file;
    if (watcher_take_signal(tracer)) {
        error_set(err, -EINPROGRESS, "interrupted before anything was traced");
        return true;
    }
    if (waited_ms < TELL_AFTER_MS || tracer->screen.wait_told)
        return false;
    tracer->screen.wait_told = true;
    if (file)
        log_warning("waiting for somebody to read %s; ^C or SIGTERM ends this", file);
    else
        log_warning("LTTng's session daemon does not answer; waiting: ^C or SIGTERM ends this");
    return false;
}

int setup_call_run(struct tracer *tracer, int (*work)(void *data, struct error *err), void *data,
                   void (*release)(void *data), struct error *err)
{
    const struct timed_call call = {work, data, release, is_setup_interrupted, tracer};
    int r = timed_call_run(&tracer->calls, &call, err);
    tracer->run.abandoned = r == -EINPROGRESS;
    return r;
}
