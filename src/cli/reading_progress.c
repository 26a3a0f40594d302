/* SPDX-License-Identifier: MIT */
#include "cli/reading_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress_line.h"
#include "util/clock.h"
#include "util/log.h"

enum { PROGRESS_AFTER_MS = 1000, PROGRESS_EVERY_MS = 200 };

/* A file that does not exist is made. */
static bool is_apart(const char *path)
{
    struct stat status;
    int rc = strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, &status) : stat(path, &status);
    return rc < 0 || progress_line_is_apart_from(&status);
}

void reading_progress_begin(struct reading_progress *progress, const char *output)
{
    *progress = (struct reading_progress){
        .is_wanted = progress_line_is_possible() && (!output || is_apart(output)),
        .started_ms = clock_ms(),
    };
}

void reading_progress_show(struct reading_progress *progress, double fraction, uint64_t n_events)
{
    int64_t now = clock_ms();
    char text[128];
    if (!progress->is_wanted || now - progress->started_ms < PROGRESS_AFTER_MS ||
        now - progress->drawn_ms < PROGRESS_EVERY_MS || !progress_line_is_in_foreground())
        return;
    progress->drawn_ms = now;
    progress->is_drawn = true;
    log_set_level(log_get_level() | LOG_OVER_PROGRESS);
    if (fraction >= 0)
        snprintf(text, sizeof(text), "ptrace_tracer: %3.0f %%, %" PRIu64 " events", fraction * 100,
                 n_events);
    else
        snprintf(text, sizeof(text), "ptrace_tracer: %" PRIu64 " events", n_events);
    progress_line_draw(text);
}

void reading_progress_end(struct reading_progress *progress)
{
    if (progress->is_drawn && progress_line_is_in_foreground())
        progress_line_erase();
    if (progress->is_drawn)
        log_set_level(log_get_level() & ~(unsigned)LOG_OVER_PROGRESS);
    *progress = (struct reading_progress){0};
}
