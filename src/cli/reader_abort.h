/* SPDX-License-Identifier: MIT */
/*
 * libbabeltrace2 2.0 calls abort() for some damaged traces (packet sizes of 2^63 and more). While a
 * trace is read, that ends the process as an error of the trace does.
 */
#ifndef CLI_READER_ABORT_H
#define CLI_READER_ABORT_H

/* `path` must be valid until reader_abort_end(). */
void reader_abort_begin(const char *path);
/* Without reader_abort_begin() it does nothing. */
void reader_abort_end(void);

#endif
