/* SPDX-License-Identifier: MIT */
#include "cli/print_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/setup_call.h"
#include "cli/tracer.h"
#include "model/hit.h"
#include "model/hit_sink.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "tp/print.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/error.h"

struct print_sink {
    struct tracer *tracer;
    FILE *stream;
    struct print *print;
    atomic_uint_least64_t written;
    atomic_bool reader_gone; /* nobody reads the lines any more */
};

static bool is_standard(const FILE *stream)
{
    return stream == stdout || stream == stderr;
}

static const char *shown_file(const struct print_sink *sink)
{
    return sink->stream == stdout   ? "stdout"
           : sink->stream == stderr ? "stderr"
                                    : sink->tracer->options->print_file;
}

/* Whoever has read the lines (head(1), a pager) has seen enough. That is no error, and the program
   that was started runs on without breakpoints. */
static void let_reader_go(struct print_sink *sink)
{
    struct tracer *tracer = sink->tracer;
    if (atomic_exchange(&sink->reader_gone, true) || tracer->options->summary)
        return;
    if (tracer->run.launched)
        engine_wake(tracer->engine);
    else
        engine_detach(tracer->engine);
}

static void print_sink_hit(void *data, const struct hit *hit)
{
    struct print_sink *sink = data;
    struct tracer *tracer = sink->tracer;
    if (atomic_load_explicit(&sink->reader_gone, memory_order_relaxed))
        return;
    errno = 0;
    print_hit(sink->print, hit);
    if (ferror(sink->stream) && errno == EPIPE && is_standard(sink->stream)) {
        let_reader_go(sink);
        return;
    }
    /* That a call was left is no event. */
    if (hit->kind != HIT_UNWOUND)
        atomic_fetch_add_explicit(&sink->written, 1, memory_order_relaxed);
    if (ferror(sink->stream) && !tracer->run.failed) {
        struct error err;
        error_set(&err, -EIO, "cannot write to %s: the trace ends here", shown_file(sink));
        tracer_fail(tracer, &err);
    }
}

static unsigned print_sink_wanted(void *data, const struct probe *probe)
{
    const struct print_sink *sink = data;
    (void)probe;
    return atomic_load(&sink->reader_gone) && !sink->tracer->options->summary
               ? 0
               : HIT_ENTRY | HIT_EXIT;
}

static void print_sink_counts(void *data, struct hit_counts *counts)
{
    struct print_sink *sink = data;
    *counts =
        (struct hit_counts){.written = atomic_load_explicit(&sink->written, memory_order_relaxed)};
}

static void print_sink_describe(void *data, char *text, size_t size)
{
    const struct print_sink *sink = data;
    bool is_default = sink->stream == stderr;
    snprintf(text, size, "%s%s", is_default ? "" : " to ", is_default ? "" : shown_file(sink));
}

static int print_sink_free(void *data)
{
    struct print_sink *sink = data;
    print_free(sink->print);
    if (sink->stream && !is_standard(sink->stream))
        fclose(sink->stream);
    free(sink);
    return 0;
}

static int open_stream(void *data, struct error *err)
{
    struct print_sink *sink = data;
    const char *path = sink->tracer->options->print_file;
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd >= 0)
        sink->stream = fdopen(fd, "w");
    if (!sink->stream) {
        int code = fd < 0 ? fd : -errno;
        return error_set(err, code, "cannot write to %s: %s", path, strerror(-code));
    }
    take_fd(&fd);
    return 0;
}

int print_sink_open(struct tracer *tracer, struct error *err)
{
    struct print_sink *sink = calloc(1, sizeof(*sink));
    if (!sink)
        return error_set(err, -ENOMEM, "out of memory");
    sink->tracer = tracer;
    tracer->sink = (struct hit_sink){
        .data = sink,
        .hit = print_sink_hit,
        .unwound = print_sink_hit,
        .wanted = print_sink_wanted,
        .counts = print_sink_counts,
        .describe = print_sink_describe,
        .free = print_sink_free,
    };
    const char *path = tracer->options->print_file;
    sink->stream = !path ? stderr : strcmp(path, "-") == 0 ? stdout : NULL;
    int r = sink->stream ? 0 : setup_call_run(tracer, open_stream, sink, NULL, err);
    if (r < 0)
        return r;
    sink->print = print_new(sink->stream, tracer->options->timestamp);
    return sink->print ? 0 : error_set(err, -ENOMEM, "out of memory");
}
