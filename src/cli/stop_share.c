/* SPDX-License-Identifier: MIT */
#include "cli/stop_share.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/tracer.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/descriptors.h"
#include "util/log.h"

enum {
    AFTER_MS = 5000,
    LOOK_EVERY = 64, /* hits */
    SLOTS = 4096,
    HOTTEST = 3,
    NAME_SHOWN_MAX = 100,
    /* Below these, something else takes the time: reading symbols, or waiting. */
    STOPS_A_SECOND_MIN = 1000,
    BUSY_PERCENT_MIN = 10,
    SHARE_PERCENT_MIN = 50,
    NS_PER_S = 1000000000,
};

/* The majority of the entries that fell into a slot (Boyer and Moore, "MJRTY"): `n` is how many
   more there were of it than of others. */
struct majority {
    const struct probe *probe;
    uint64_t n;
};

/* CPU times since the processes started. */
struct cpu_times {
    uint64_t tracer_ns;
    uint64_t targets_ns;
};

struct stop_share {
    bool told;
    unsigned hits;
    uint64_t after_ns;
    uint64_t began_ns; /* the present interval; 0: none yet */
    uint64_t stops;    /* hits in it */
    struct cpu_times at_begin;
    struct majority slots[SLOTS];
};

struct stop_share *stop_share_new(void)
{
    const char *tested = getenv("PTRACE_TRACER_STOP_SHARE_AFTER_MS");
    struct stop_share *share = calloc(1, sizeof(*share));
    int after_ms = tested ? atoi(tested) : 0;
    if (share)
        share->after_ns = (uint64_t)(after_ms > 0 ? after_ms : AFTER_MS) * 1000000;
    return share;
}

void stop_share_free(struct stop_share *share)
{
    free(share);
}

/* ---- CPU times ---- */

/* Adds the process's time and that of its children that were waited for: fields 14 to 17 of
   /proc/PID/stat (proc(5)). */
static void add_times_of(void *data, struct process *process)
{
    uint64_t *sum_ns = data;
    char path[64], text[1024];
    unsigned long long ticks[4];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)process_pid(process));
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (n <= 0)
        return;
    text[n] = '\0';
    /* The second field is a name in brackets, which may hold anything. */
    const char *behind = strrchr(text, ')');
    if (behind &&
        sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
               &ticks[0], &ticks[1], &ticks[2], &ticks[3]) == 4)
        *sum_ns += (ticks[0] + ticks[1] + ticks[2] + ticks[3]) *
                   (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

static struct cpu_times read_cpu_times(const struct tracer *tracer)
{
    struct timespec own = {0};
    struct cpu_times times = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    times.tracer_ns = (uint64_t)own.tv_sec * NS_PER_S + (uint64_t)own.tv_nsec;
    engine_each_process(tracer->engine, add_times_of, &times.targets_ns);
    return times;
}

/* ---- the hottest functions ---- */

static size_t find_hottest(const struct stop_share *share, const struct probe *hottest[HOTTEST])
{
    const struct majority *best[HOTTEST] = {0};
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct majority *slot = &share->slots[i];
        if (slot->n == 0 || (n == HOTTEST && slot->n <= best[n - 1]->n))
            continue;
        size_t at = n < HOTTEST ? n++ : HOTTEST - 1;
        for (; at > 0 && best[at - 1]->n < slot->n; at--)
            best[at] = best[at - 1];
        best[at] = slot;
    }
    for (size_t i = 0; i < n; i++)
        hottest[i] = best[i]->probe;
    return n;
}

static bool is_plain_function(const char *name)
{
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
           strlen(name);
}

/* The options that leave the functions out, for a shell: names that a regular expression would read
   in another way stand alone. "" if there is no such option. */
static void write_options(const struct probe *const *hottest, size_t n, FILE *stream)
{
    const char *before = "-x '", *end = "";
    for (size_t i = 0; i < n; i++) {
        const char *name = hottest[i]->function;
        if (!is_plain_function(name) || strlen(name) > NAME_SHOWN_MAX)
            continue;
        fprintf(stream, "%s%s", before, name);
        before = "|";
        end = "'";
    }
    fputs(end, stream);
    for (size_t i = 0; i < n; i++) {
        const char *name = hottest[i]->function;
        if (is_plain_function(name) || strlen(name) > NAME_SHOWN_MAX || strchr(name, '\''))
            continue;
        fprintf(stream, "%s-x '%s'", *end ? " " : "", name);
        end = "'";
    }
}

static void say(const struct stop_share *share, const struct tracer *tracer, unsigned percent)
{
    const struct probe *hottest[HOTTEST];
    char names[HOTTEST * (NAME_SHOWN_MAX + 40)] = "", options[HOTTEST * (NAME_SHOWN_MAX + 8)] = "";
    size_t n = find_hottest(share, hottest), used = 0;
    for (size_t i = 0; i < n && used < sizeof(names); i++)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.32s:%.*s", i ? ", " : "",
                                 hottest[i]->provider, NAME_SHOWN_MAX, hottest[i]->function);
    FILE *stream = fmemopen(options, sizeof(options), "w");
    if (!stream)
        return;
    write_options(hottest, n, stream);
    fclose(stream);
    bool jumps = !tracer->options->in_process && !engine_jumps_obstacle();
    log_warning("most of the time is spent in stops: %u%% of the CPU time is the tracer's; most "
                "calls are of %s",
                percent, names);
    if (*options || jumps)
        log_warning("to make it faster: %s%s%s%s", options, *options ? " leaves them out" : "",
                    *options && jumps ? ", " : "",
                    jumps ? "--in-process serves calls without stops" : "");
}

/* ---- */

static void start_interval(struct stop_share *share, const struct cpu_times *now, uint64_t now_ns)
{
    share->at_begin = *now;
    share->began_ns = now_ns;
    share->stops = 0;
}

static void look_at_times(struct stop_share *share, const struct tracer *tracer, uint64_t now_ns)
{
    const struct cpu_times now = read_cpu_times(tracer), *before = &share->at_begin;
    uint64_t wall_ns = now_ns - share->began_ns;
    uint64_t own_ns = now.tracer_ns - before->tracer_ns;
    /* The time of a process that has ended may have gone. */
    uint64_t targets_ns =
        now.targets_ns > before->targets_ns ? now.targets_ns - before->targets_ns : 0;
    uint64_t all_ns = own_ns + targets_ns;
    uint64_t percent = all_ns ? own_ns * 100 / all_ns : 0;
    if (percent >= SHARE_PERCENT_MIN && all_ns * 100 / wall_ns >= BUSY_PERCENT_MIN &&
        share->stops * NS_PER_S / wall_ns >= STOPS_A_SECOND_MIN) {
        share->told = true;
        say(share, tracer, (unsigned)percent);
    }
    start_interval(share, &now, now_ns);
}

/* Each function has two slots that it may be in, so that two rarely share one. */
static void count(struct stop_share *share, const struct hit *hit)
{
    uint64_t hash = (uint64_t)(uintptr_t)hit->probe * UINT64_C(0x9e3779b97f4a7c15);
    struct majority *first = &share->slots[(hash >> 32) % SLOTS];
    struct majority *second = &share->slots[(hash >> 48) % SLOTS];
    struct majority *slot = first->probe == hit->probe    ? first
                            : second->probe == hit->probe ? second
                            : first->n == 0               ? first
                                                          : second;
    if (slot->n == 0)
        slot->probe = hit->probe;
    if (slot->probe == hit->probe)
        slot->n++;
    else
        slot->n--;
}

void stop_share_hit(struct stop_share *share, struct tracer *tracer, const struct hit *hit)
{
    if (!share || share->told || hit->by_jump)
        return;
    share->stops++;
    if (hit->kind == HIT_ENTRY)
        count(share, hit);
    if (share->hits++ % LOOK_EVERY != 0)
        return;
    uint64_t now_ns = clock_now_ns();
    if (!share->began_ns) {
        const struct cpu_times now = read_cpu_times(tracer);
        start_interval(share, &now, now_ns);
    } else if (now_ns - share->began_ns >= share->after_ns) {
        look_at_times(share, tracer, now_ns);
    }
}
