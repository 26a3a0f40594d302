/* SPDX-License-Identifier: MIT */
/* How far a trace has been read: a line on the terminal, while nothing else is written there. */
#ifndef CLI_READING_PROGRESS_H
#define CLI_READING_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct reading_progress {
    bool is_wanted;
    bool is_drawn; /* messages erase it (util/log.h) */
    int64_t started_ms, drawn_ms;
};

/* `output`: the path that lines are written to while the trace is read, "-" for stdout; NULL:
   nothing is written before it has been read. */
void reading_progress_begin(struct reading_progress *progress, const char *output);
/* `fraction` is negative if it is not known. */
void reading_progress_show(struct reading_progress *progress, double fraction, uint64_t n_events);
/* Erases the line. Also if there is none. */
void reading_progress_end(struct reading_progress *progress);

#endif
