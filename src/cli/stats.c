/* SPDX-License-Identifier: MIT */
#include "cli/stats.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/log.h"

static const char *const KIND_NAMES[REQUEST_KINDS] = {
    [REQUEST_GET_REGS] = "getregs",    [REQUEST_GET_FLOAT_REGS] = "getfpregs",
    [REQUEST_SET_REGS] = "setregs",    [REQUEST_SET_PC] = "setpc",
    [REQUEST_RESUME] = "resume",       [REQUEST_STEP] = "step",
    [REQUEST_INTERRUPT] = "interrupt", [REQUEST_SEIZE] = "seize",
    [REQUEST_DETACH] = "detach",       [REQUEST_SIGINFO] = "siginfo",
    [REQUEST_SIGMASK] = "sigmask",     [REQUEST_OTHER] = "other",
};

/* At most so many lines. */
enum { JUMP_LINES = 10 };

static void report_jumps(const struct engine *engine)
{
    struct engine_jump_count counts[JUMP_LINES];
    size_t n = engine_jump_counts(engine, counts, JUMP_LINES);
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += counts[i].sites;
    if (all)
        log_error("stats: %" PRIu64 " of %" PRIu64 " sites with many hits have a jump",
                  counts[0].sites, all);
    for (size_t i = 1; i < n; i++)
        log_error("stats: without a jump: %" PRIu64 ", %s", counts[i].sites, counts[i].reason);
}

void stats_report(const struct engine *engine)
{
    struct engine_stats stats;
    char kinds[512] = "", jumps[256] = "";
    size_t n = 0;
    engine_get_stats(engine, &stats);
    for (size_t i = 0; i < REQUEST_KINDS && n < sizeof(kinds); i++)
        n += (size_t)snprintf(kinds + n, sizeof(kinds) - n, "%s%s %" PRIu64, i ? ", " : "",
                              KIND_NAMES[i], stats.requests[i]);
    if (stats.jump_batches)
        snprintf(jumps, sizeof(jumps),
                 ", jumps %" PRIu64 ", lifted %" PRIu64 ", changes %" PRIu64 " in %" PRIu64
                 " us, the longest %" PRIu64 " us, calls by jumps %" PRIu64 ", records %" PRIu64
                 ", dropped %" PRIu64,
                 stats.jumps, stats.jumps_lifted, stats.jump_batches, stats.jump_batch_ns / 1000,
                 stats.jump_batch_longest_ns / 1000, stats.jump_calls, stats.records,
                 stats.dropped);
    log_error("stats: calls %" PRIu64 ", stops %" PRIu64 ", idle stops %" PRIu64 ", waits %" PRIu64
              ", ptrace calls %" PRIu64 " (%s), memory reads %" PRIu64 ", text writes %" PRIu64
              ", single steps %" PRIu64 ", measured stops %" PRIu64 ", bindings %" PRIu64
              ", attach %" PRIu64 " us, detach %" PRIu64 " us, handed over %" PRIu64 "%s",
              stats.calls, stats.stops, stats.idle_stops, stats.waits, stats.ptrace_calls, kinds,
              stats.memory_reads, stats.text_writes, stats.single_steps, stats.measured_stops,
              stats.bindings, stats.attach_ns / 1000, stats.detach_ns / 1000, stats.migrations,
              jumps);
    report_jumps(engine);
}
