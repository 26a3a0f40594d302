/* SPDX-License-Identifier: MIT */
/*
 * What reading a trace may take of the computer. With some damaged traces libbabeltrace2 2.0 goes
 * on for ever (packets without a size), or asks for any amount of memory (arrays of any length).
 *
 * Memory has a limit while a trace is read (RLIMIT_DATA of setrlimit(2)), and so has the time on a
 * CPU that may pass without progress: then SIGVTALRM comes. What follows is reader_signals.h's.
 */
#ifndef CLI_READING_LIMITS_H
#define CLI_READING_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

/* All zero: there are none. */
struct reading_limits {
    bool is_set, is_open;
    struct rlimit before;
    uint64_t data; /* bytes of data when they were set */
};

/* While the trace is opened: limits by the sizes of its files. */
void reading_limits_begin(struct reading_limits *limits, const char *path);
/* The trace is open, or some more of it has been read. */
void reading_limits_progress(struct reading_limits *limits);
/* What follows may take its time, such as reading symbols: there is no limit of time until the next
   progress. */
void reading_limits_hold(const struct reading_limits *limits);
/* No limits any more. */
void reading_limits_end(struct reading_limits *limits);

#endif
