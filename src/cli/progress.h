/* SPDX-License-Identifier: MIT */
/*
 * The progress line of a long run, for who sits at the terminal: calls a second, calls, events,
 * lost ones. It stands where the cursor is, which is left at its beginning, so that any line of the
 * tracer's erases it (util/log.h). What others write to the terminal would mix with it: where a
 * traced process has the terminal as its output, there are whole lines instead, now and then, and
 * none any more once it may have written something.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>
#include <sys/types.h>

#include "cli/options.h"

struct progress;

/* NULL where there is to be none: standard error is no terminal, or not for this; or memory is out.
   Sets the log up for it. */
struct progress *progress_new(const struct options *options);
/* NULL is fine, for all. */
void progress_free(struct progress *progress);

/* A process comes, stopped; a process goes. On the engine's thread. */
void progress_add(struct progress *progress, pid_t pid);
void progress_remove(struct progress *progress, pid_t pid);

/* Counts since the start. */
struct progress_counts {
    uint64_t calls, events, lost;
};

/* Whether it is time to show something. Cheap; to be asked often, on the watcher's thread. */
bool progress_is_due(const struct progress *progress);
/* Shows the counts, if that can be done without harm. */
void progress_show(struct progress *progress, const struct progress_counts *counts);

#endif
