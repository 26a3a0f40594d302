/* SPDX-License-Identifier: MIT */
/*
 * Signals while a trace is read.
 *
 * libbabeltrace2 2.0 calls abort() for some damaged traces (packet sizes of 2^63 and more, arrays
 * that need more memory than there is), crashes with others, and with others it goes on for ever
 * (reading_limits.h): each ends the process as an error of the trace does. SIGINT (^C) ends the
 * reading of a live session, whose calls so far are then shown; otherwise it does what it did
 * before.
 */
#ifndef CLI_READER_SIGNALS_H
#define CLI_READER_SIGNALS_H

#include <stdbool.h>

/* `path` must be valid until reader_signals_end(). */
void reader_signals_begin(const char *path, bool is_live);
/* Whether the reading is to end. */
bool reader_signals_interrupted(void);
/* Without reader_signals_begin() it does nothing. */
void reader_signals_end(void);

#endif
