/* SPDX-License-Identifier: MIT */
/*
 * engine_alone ADDRESS PROGRAM [ARG...]: uses the engine alone: its header and libptrace_engine.a.
 * Counts the calls of the function at ADDRESS (hexadecimal) of a program that is not
 * position-independent, and prints "ENTRIES EXITS".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ptrace/engine.h"

struct counts {
    target_addr at;
    struct probe probe;
    unsigned long entries, exits;
};

static void started(void *data, struct process *process, enum process_origin origin,
                    struct process *parent)
{
    struct counts *counts = data;
    struct error err;
    (void)origin;
    (void)parent;
    if (process_arm(process, counts->at, &counts->probe, HIT_ENTRY | HIT_EXIT, &err) < 0) {
        fprintf(stderr, "engine_alone: %s\n", err.text);
        exit(1);
    }
}

static void hit(void *data, const struct hit *h)
{
    struct counts *counts = data;
    ++*(h->kind == HIT_ENTRY ? &counts->entries : &counts->exits);
}

int main(int argc, char **argv)
{
    struct counts counts = {.probe = {.provider = "alone", .function = "counted"}};
    struct engine_options options = {0};
    struct engine_sink sink = {.data = &counts, .started = started, .hit = hit};
    struct engine *engine;
    struct error err = {0};
    pid_t pid;
    if (argc < 3)
        return 2;
    counts.at = target_addr_of(strtoull(argv[1], NULL, 16));
    if (engine_new(&options, &sink, &engine) < 0 ||
        engine_launch_prepare(engine, argv + 2, &pid, &err) < 0 ||
        engine_launch_run(engine, &err) < 0 || engine_run(engine, &err) < 0) {
        fprintf(stderr, "engine_alone: %s\n", err.text);
        return 1;
    }
    engine_free(engine);
    printf("%lu %lu\n", counts.entries, counts.exits);
    return 0;
}
