/* SPDX-License-Identifier: MIT */
/*
 * Spans that are one request: an ExportTraceServiceRequest on a line of its own, which is also what
 * files of spans have (OpenTelemetry specification, protocol/file-exporter.md). In it spans are
 * sorted by process (the resource) and module (the scope).
 */
#ifndef ANALYSIS_EXPORT_OTLP_BATCH_H
#define ANALYSIS_EXPORT_OTLP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "analysis/export/export.h"
#include "util/vec.h"

enum { OTLP_BATCH_GROUPS = 64 };

struct otlp_process {
    uint32_t host;
    pid_t pid; /* 0: not known */
    char name[THREAD_NAME_SIZE];
};

/* The spans of a process and a module in this batch. */
struct otlp_group {
    const struct otlp_process *process;
    const char *module;
    VEC(char) text;
    size_t n_spans;
    bool is_written;
};

struct otlp_batch {
    const struct export_options *options;
    struct otlp_group groups[OTLP_BATCH_GROUPS];
    size_t n_groups, n_spans, n_bytes;
    /* In memory; used again and again. A span is written to `span` from its beginning
       (rewind()), then added. */
    FILE *span, *request;
    char *span_text, *request_text;
    size_t span_size, request_size;
};

/* `options` must outlive it. -ENOMEM: otlp_batch_free() is needed, too. */
MUST_CHECK int otlp_batch_init(struct otlp_batch *batch, const struct export_options *options);
void otlp_batch_free(struct otlp_batch *batch);
/* Adds the span in batch->span. The process and the module must stay until the next flush. What is
   full is written. */
MUST_CHECK int otlp_batch_add(struct otlp_batch *batch, const struct otlp_process *process,
                              const char *module);
/* Writes what is there, or sends it. */
MUST_CHECK int otlp_batch_flush(struct otlp_batch *batch);

#endif
