/* SPDX-License-Identifier: MIT */
/*
 * made_calls DIRECTORY [CALLS]: writes a trace of so many calls (1000000) into a new directory: of
 * a hundred functions in eight threads, up to 20 deep, from a microsecond to milliseconds long,
 * most with arguments that no other call has. For measuring what reads traces; it is always the
 * same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tp/ctf/ctf_trace.h"
#include "util/clock.h"

enum { FUNCTIONS = 100, THREADS = 8, DEPTH_MAX = 20 };

struct made_thread {
    unsigned depth;
    unsigned functions[DEPTH_MAX];
};

static const struct field arguments[] = {
    {.name = "size", .kind = VALUE_INTEGER, .size = 8},
    {.name = "from", .kind = VALUE_POINTER, .size = 8},
    {.name = "key", .kind = VALUE_STRING, .size = 8},
};
static const struct field results[] = {
    {.name = "retval", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
};

static uint64_t state = 1;

/* Knuth, The Art of Computer Programming, 3.3.4: MMIX. */
static uint64_t random_below(uint64_t most)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % most;
}

static int add_events(struct ctf_writer *writer, uint32_t *entries, uint32_t *exits)
{
    static char names[2 * FUNCTIONS][40];
    for (int i = 0; i < FUNCTIONS; i++) {
        snprintf(names[2 * i], sizeof(names[0]), "app%d:function_%d_entry", i / 40, i);
        snprintf(names[2 * i + 1], sizeof(names[0]), "app%d:function_%d_exit", i / 40, i);
        int entry = ctf_writer_add_event(writer, names[2 * i], arguments, 3);
        int exit = ctf_writer_add_event(writer, names[2 * i + 1], results, 1);
        if (entry < 0 || exit < 0)
            return -1;
        entries[i] = (uint32_t)entry;
        exits[i] = (uint32_t)exit;
    }
    return 0;
}

/* At most a million records a second, so that the writer's thread loses none. */
static void keep_pace(uint64_t start_ns, uint64_t n)
{
    while (clock_now_ns() - start_ns < n * 1000)
        ;
}

static void make_calls(struct ctf_channel *channel, const uint32_t *entries, const uint32_t *exits,
                       uint64_t n_calls)
{
    struct made_thread threads[THREADS] = {0};
    uint64_t entered = 0, open = 0, start_ns = clock_now_ns(), now_ns = start_ns;
    char key[40], names[THREADS][16];
    for (unsigned i = 0; i < THREADS; i++)
        snprintf(names[i], sizeof(names[i]), "worker-%u", i);
    for (uint64_t n = 0; entered < n_calls || open; n++) {
        unsigned number = (unsigned)random_below(THREADS);
        struct made_thread *thread = &threads[number];
        uint64_t values[3] = {random_below(1 << 20),
                              UINT64_C(0x7f0000000000) + random_below(1 << 30), 0};
        bool enters = entered < n_calls && thread->depth < DEPTH_MAX && random_below(2);
        struct hit hit = {.pid = 1000,
                          .tid = 1000 + (pid_t)number,
                          .values = values,
                          .thread_name = names[number]};
        snprintf(key, sizeof(key), "key-%llu", (unsigned long long)random_below(1 << 16));
        if (!enters && !thread->depth)
            continue;
        now_ns += UINT64_C(1) << random_below(11);
        hit.time_ns = now_ns;
        if (enters) {
            unsigned function = (unsigned)random_below(FUNCTIONS);
            hit.text = key;
            hit.n_values = 3;
            thread->functions[thread->depth++] = function;
            ctf_channel_write(channel, entries[function], &hit);
        } else {
            hit.n_values = 1;
            ctf_channel_write(channel, exits[thread->functions[--thread->depth]], &hit);
        }
        entered += enters;
        open = enters ? open + 1 : open - 1;
        if (n % 500 == 0)
            keep_pace(start_ns, n);
    }
}

int main(int argc, char **argv)
{
    static const enum ctf_context contexts[] = {CTF_CONTEXT_VPID, CTF_CONTEXT_VTID,
                                                CTF_CONTEXT_PROCNAME};
    uint32_t entries[FUNCTIONS], exits[FUNCTIONS];
    struct error err = {0};
    struct ctf_writer *writer;
    struct ctf_trace *trace;
    struct ctf_channel *channel;
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [CALLS]\n", argv[0]);
        return 2;
    }
    const struct ctf_trace_request request = {.directory = argv[1]};
    if (ctf_writer_new(&writer, &err) < 0 || ctf_trace_new(writer, &request, &trace, &err) < 0 ||
        ctf_trace_add_channel(trace, contexts, 3, &channel, &err) < 0 ||
        add_events(writer, entries, exits) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    make_calls(channel, entries, exits, argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000);
    struct ctf_counts counts;
    int rc = ctf_trace_flush(trace, &err);
    ctf_trace_count(trace, &counts);
    if (rc == 0 && counts.lost) {
        fprintf(stderr, "%llu records lost\n", (unsigned long long)counts.lost);
        rc = -1;
    }
    ctf_writer_free(writer);
    return rc < 0;
}
