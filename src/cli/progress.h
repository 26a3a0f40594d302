/* SPDX-License-Identifier: MIT */
/*
 * The progress line of a long run on a terminal: calls per second, calls, events, lost events. The
 * cursor stays at the start of the line, so that the tracer's next line replaces it (util/log.h).
 * Output of other processes would mix with it. So if a traced process has the terminal as its
 * output, whole lines are printed instead, less often, and none after it may have written
 * something.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>
#include <sys/types.h>

#include "cli/options.h"

struct progress;

/* NULL: standard error is not a suitable terminal, or out of memory. Otherwise sets up logging for
   the line. */
struct progress *progress_new(const struct options *options);
/* `progress` may be NULL in all of these. */
void progress_free(struct progress *progress);

/* A process is added, while it is stopped, or removed. On the engine's thread. */
void progress_add(struct progress *progress, pid_t pid);
void progress_remove(struct progress *progress, pid_t pid);

/* Counts since the start. */
struct progress_counts {
    uint64_t calls, events, lost;
};

/* Whether the line is due. Cheap, for frequent calls on the watcher's thread. */
bool progress_is_due(const struct progress *progress);
/* Shows the counts, unless that could mix with other output. */
void progress_show(struct progress *progress, const struct progress_counts *counts);

#endif
