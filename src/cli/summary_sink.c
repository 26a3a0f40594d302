/* SPDX-License-Identifier: MIT */
#include "cli/summary_sink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/tracer.h"
#include "cli/tracing_costs.h"
#include "model/hit_sink.h"
#include "model/profile_table.h"
#include "tp/summary.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

static void hit_nowhere(void *data, const struct hit *hit)
{
    (void)data;
    (void)hit;
}

static void count_nothing(void *data, struct hit_counts *counts)
{
    (void)data;
    *counts = (struct hit_counts){0};
}

static void describe_nothing(void *data, char *text, size_t size)
{
    (void)data;
    if (size)
        *text = '\0';
}

/* The costs of jumps are known for traces alone. */
static bool is_net(const struct tracer *tracer)
{
    return tracer->costs && !tracer->options->in_process;
}

int summary_sink_open(struct tracer *tracer, struct error *err)
{
    tracer->summary = summary_new(is_net(tracer) ? tracing_costs_of_hits(tracer->costs) : NULL);
    if (!tracer->summary)
        return error_set(err, -ENOMEM, "out of memory");
    if (!options_record(tracer->options))
        tracer->sink = (struct hit_sink){
            .hit = hit_nowhere,
            .counts = count_nothing,
            .describe = describe_nothing,
        };
    return 0;
}

static void remark(const struct tracer *tracer, const struct summary_remarks *remarks)
{
    if (remarks->unreturned)
        log_info("%" PRIu64 " call%s not returned: counted, but not timed", remarks->unreturned,
                 remarks->unreturned == 1 ? " has" : "s have");
    if (remarks->untimed)
        log_info("%" PRIu64 " call%s could not be timed", remarks->untimed,
                 remarks->untimed == 1 ? "" : "s");
    if (!is_net(tracer))
        log_info("times are raw: they include what tracing cost");
}

int summary_sink_print(const struct tracer *tracer, struct error *err)
{
    const struct profile_style style = {
        .by = "function",
        .with_cpu = tracer->options->with & 1u << EXTRA_CPU,
        .width = terminal_columns(STDERR_FILENO),
        .colours = terminal_has_colours(STDERR_FILENO),
    };
    cleanup(cleanup_free) char *text = NULL;
    size_t size = 0;
    struct summary_remarks remarks;
    FILE *stream = open_memstream(&text, &size);
    int r =
        stream ? summary_write(tracer->summary, stream, PROFILE_SELF, &style, &remarks) : -ENOMEM;
    if (stream && (ferror(stream) || fclose(stream) != 0) && r == 0)
        r = -ENOMEM;
    if (r < 0)
        return error_set(err, r, "cannot print the summary: out of memory");
    remark(tracer, &remarks);
    if (fwrite(text, 1, size, stderr) != size || fflush(stderr) != 0)
        return error_set(err, -EIO, "cannot write the summary to stderr");
    return 0;
}
