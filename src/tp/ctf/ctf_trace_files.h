/* SPDX-License-Identifier: MIT */
/* A trace's files. What has no other comment is for the writer's thread alone. */
#ifndef TP_CTF_CTF_TRACE_FILES_H
#define TP_CTF_CTF_TRACE_FILES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "tp/ctf/ctf_channel.h"
#include "tp/ctf/ctf_metadata_file.h"
#include "tp/ctf/ctf_metadata_text.h"
#include "tp/ctf/ctf_stops.h"
#include "tp/ctf/ctf_trace.h"

struct ctf_trace {
    struct ctf_trace *next;
    struct ctf_writer *writer;
    char *path;
    int directory;
    _Atomic(struct ctf_channel *) channels; /* changed under the writer's lock */
    uint32_t n_channels;
    struct ctf_stops stops;
    /* Set by others: the metadata is to be written anew, with this clock offset. */
    _Atomic int64_t clock_offset;
    _Atomic bool changed;
    /* Read by those who record: files cannot be written. */
    _Atomic bool stuck;
    /* Set by others: nothing is recorded any more. */
    _Atomic bool closing;
    /* 0, or the negative errno of the last pass. */
    _Atomic int failed;

    struct ctf_description description;
    struct ctf_metadata_file metadata;
    bool must_replace;
    bool began; /* there is metadata; errors are said from now on */
    bool said;
    bool closed;
    int64_t retry_ms;
};

/* Makes the directory. Others may call it. */
MUST_CHECK int ctf_trace_make(const struct ctf_trace_request *request, struct ctf_trace **result,
                              struct error *err);

/*
 * Writes what was recorded. Returns whether there was anything new. After an error that is not
 * repeated before a second is over, unless `now`.
 */
bool ctf_trace_pass(struct ctf_trace *trace, bool now);
/* In how many milliseconds a pass should try again; -1: not at all. */
int ctf_trace_retry_in(const struct ctf_trace *trace);

/* Writes to the files how many records did not get there, closes them, and gives back the memory
   for records. There are no passes any more. */
void ctf_trace_finish(struct ctf_trace *trace);

/* Frees the trace with its channels, when the writer's thread has ended. */
void ctf_trace_destroy(struct ctf_trace *trace);

#endif
