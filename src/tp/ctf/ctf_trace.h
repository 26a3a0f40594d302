/* SPDX-License-Identifier: MIT */
/*
 * Traces of our own in the Common Trace Format 1.8.3, as babeltrace2 and other readers of LTTng's
 * traces read them. Records have the times of their hits. No LTTng library is needed.
 *
 * A writer has one thread, which writes the files of all traces. ctf_channel_write() puts a record
 * into memory; the thread writes it to its file a few milliseconds later. At any moment, also after
 * SIGKILL, the files are a whole trace.
 */
#ifndef TP_CTF_CTF_TRACE_H
#define TP_CTF_CTF_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/hit.h"
#include "util/error.h"

/* The contexts of LTTng that a hit has values for. */
enum ctf_context {
    CTF_CONTEXT_VPID,
    CTF_CONTEXT_VTID,
    CTF_CONTEXT_PROCNAME,
    CTF_CONTEXT_IP,
};

struct ctf_writer;
struct ctf_trace;
struct ctf_channel; /* one of a trace's stream classes; a stream for each CPU, or a few */

/* Starts the thread. */
MUST_CHECK int ctf_writer_new(struct ctf_writer **result, struct error *err);
/* Writes everything, ends the thread, and frees all traces and channels. NULL is allowed. */
void ctf_writer_free(struct ctf_writer *writer);

/*
 * Adds an event that traces may contain. `name` ("mylib:f_entry") and the fields must outlive the
 * writer. Returns its index, from 0, or a negative errno. From any thread; may wait.
 */
MUST_CHECK int ctf_writer_add_event(struct ctf_writer *writer, const char *name,
                                    const struct field *fields, size_t n_fields);

struct ctf_trace_request {
    /* The trace's directory, made with mode 0770. Its parent must exist. */
    const char *directory;
    const char *trace_name; /* of the session, for the metadata; NULL: none */
    /* From the epoch to the start of CLOCK_MONOTONIC, in ns; 0: measured now. */
    int64_t clock_offset_ns;
};

/* Makes the directory of a trace and its metadata. -EEXIST: there is such a file already. */
MUST_CHECK int ctf_trace_new(struct ctf_writer *writer, const struct ctf_trace_request *request,
                             struct ctf_trace **result, struct error *err);

/* Adds a channel whose events have these contexts, in this order. From any thread; may wait. */
MUST_CHECK int ctf_trace_add_channel(struct ctf_trace *trace, const enum ctf_context *contexts,
                                     size_t n, struct ctf_channel **result, struct error *err);

/*
 * Records a hit of event `event`, which ctf_writer_add_event() has returned. From any thread, one
 * call at a time for all channels of a writer. Allocates nothing and waits for nothing.
 * Returns 1: it will be in the file. -ENOBUFS: there was no room; it is lost and counted in the
 * stream.
 */
int ctf_channel_write(struct ctf_channel *channel, uint32_t event, const struct hit *hit);

/* Notes in the trace that n hits before this one were not recorded, as ctf_channel_write() notes
   those that it refuses: a reader must not take an entry and an exit around them for one call. */
void ctf_channel_note_loss(struct ctf_channel *channel, const struct hit *hit, uint64_t n);

/* Notes in the trace that nothing was recorded for a time (the session was stopped): a reader must
   not take an entry before it and an exit after it for one call. From any thread; may wait. */
void ctf_channel_note_stop(struct ctf_channel *channel, uint64_t begin_ns, uint64_t end_ns);

/*
 * Waits until all that was recorded before the call is in the files. Returns 0 or the negative
 * errno of the first write that failed and was not successful later.
 */
MUST_CHECK int ctf_trace_flush(struct ctf_trace *trace, struct error *err);

/*
 * The same, when nothing is recorded in the trace any more: no call may follow but
 * ctf_trace_count(). Closes the files, and notes in them how many records could not be written.
 */
MUST_CHECK int ctf_trace_close(struct ctf_trace *trace, struct error *err);

/* Changes the request's clock_offset_ns. The metadata is replaced at once, by rename(2). */
MUST_CHECK int ctf_trace_set_clock_offset(struct ctf_trace *trace, int64_t offset_ns,
                                          struct error *err);

struct ctf_counts {
    uint64_t written;   /* records accepted by ctf_channel_write() */
    uint64_t lost;      /* records refused by it */
    uint64_t unwritten; /* of the accepted ones, those not in a file; exact after a flush */
    uint64_t late;      /* records whose time was raised, as too many were later than theirs */
};

/* From any thread; may be a moment old. */
void ctf_trace_count(const struct ctf_trace *trace, struct ctf_counts *counts);

#endif
