/* SPDX-License-Identifier: MIT */
/*
 * The calls of a timeline: all are kept in a temporary file while the trace is read. Then the
 * longest, HTML_CALLS_MAX at most, are written to the page, and the others as groups: shorter calls
 * of one depth of a thread with no longer one between them.
 *
 * Calls of one depth of a thread are in the order of their times. What is written are three
 * columns:
 *
 *  - kinds, numbers of varint_write(): the bits of enum kept_bits; the thread if that bit is set,
 *    else it is the last one's; the function, or of a group the number of calls; the depth less
 * that of the last one of the thread (zigzag).
 *  - times, in nanoseconds: the beginning less the end of the last one of the thread (zigzag; at
 *    first, less the beginning of all); the length; if that bit is set, what the call took less its
 *    length (zigzag).
 *  - texts: the arguments and the results as JSON, as the bits say, each with a newline.
 */
#ifndef ANALYSIS_EXPORT_HTML_KEPT_CALLS_H
#define ANALYSIS_EXPORT_HTML_KEPT_CALLS_H

#include "analysis/export/export.h"
#include "util/spool.h"

/* Arguments and results: so many bytes in the page, compressed, and in the memory of a browser. */
enum { HTML_CALLS_MAX = 1 << 20, HTML_TEXTS_MAX = 16 << 20, HTML_TEXTS_OPEN_MAX = 128 << 20 };

enum kept_bits {
    KEPT_GROUP = 1,
    KEPT_THREAD = 2,
    KEPT_ARGUMENTS = 4,
    KEPT_RESULTS = 8,
    KEPT_DURATION = 16,
    KEPT_END_SHIFT = 5, /* how it ended, above the bits: an enum kept_end */
};

enum kept_end {
    KEPT_RETURNED,
    KEPT_UNCERTAIN,
    KEPT_UNWOUND,
    KEPT_LOST,
    KEPT_REPLACED,
    KEPT_AT_END,
    KEPT_NO_EXITS,
    KEPT_NO_THREAD,
    KEPT_NO_ENTRY,
};

struct kept_calls;

/* The streams of the columns; *texts_size: what of the texts is in the page so far. */
struct kept_columns {
    FILE *kinds, *times, *texts;
    const uint64_t *texts_size;
};

/* What was written. */
struct kept_counts {
    uint64_t calls;   /* by themselves */
    uint64_t grouped; /* in groups */
    uint64_t groups;
    uint64_t shorter_ns;    /* those in groups are not longer than this; 0: there are none */
    uint64_t without_texts; /* of the calls: theirs would have been too long */
};

/* *calls: NULL after an error, a negative errno. */
MUST_CHECK int kept_calls_new(struct kept_calls **calls);
void kept_calls_free(struct kept_calls *calls);

/* A call was entered. */
MUST_CHECK int kept_calls_enter(struct kept_calls *calls, const struct exported_call *call);
/* The innermost one of its thread was left; it took duration_ns, if call->has_duration. `results`:
   JSON, or NULL. */
MUST_CHECK int kept_calls_leave(struct kept_calls *calls, const struct exported_call *call,
                                uint32_t function, uint64_t now_ns, int64_t duration_ns,
                                const char *results);
/* An exit alone. */
MUST_CHECK int kept_calls_exit(struct kept_calls *calls, const struct exported_call *call,
                               uint32_t function, uint64_t now_ns, int64_t duration_ns,
                               const char *results);
/* The time that the timeline begins at; 0: there is no call. */
uint64_t kept_calls_begin_ns(const struct kept_calls *calls);
/* Writes the columns, whose errors the caller looks for, once. */
MUST_CHECK int kept_calls_write(struct kept_calls *calls, const struct kept_columns *columns,
                                struct kept_counts *counts);

#endif
