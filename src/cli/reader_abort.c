/* SPDX-License-Identifier: MIT */
#include "cli/reader_abort.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/exit_status.h"
#include "util/log.h"

static const char *volatile reading; /* for the signal handler */

/* The signal is raised by this thread, which holds no lock of ours: log_error() may be called. What
   was not written yet is not the whole trace either. */
static void on_abort(int number)
{
    (void)number;
    log_error("cannot read %s: it is damaged, and libbabeltrace2 has given up", reading);
    _exit(EXIT_TRACER_FAILED);
}

void reader_abort_begin(const char *path)
{
    struct sigaction action = {.sa_handler = on_abort};
    reading = path;
    sigaction(SIGABRT, &action, NULL);
}

void reader_abort_end(void)
{
    if (reading)
        signal(SIGABRT, SIG_DFL);
    reading = NULL;
}
