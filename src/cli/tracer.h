/* SPDX-License-Identifier: MIT */
/*
 * The tracer: brings together what the engine reports, the candidates of each process and the sink
 * that records hits. What the sink wants is armed.
 */
#ifndef CLI_TRACER_H
#define CLI_TRACER_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/hints.h"
#include "cli/options.h"
#include "cli/timed_call.h"
#include "model/hit_sink.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/module_names.h"
#include "tp/summary.h"

/* What the user sees while the program runs. */
struct tracer_screen {
    struct progress *progress;      /* NULL: none is shown */
    struct function_counts *counts; /* NULL: not --verbose */
    struct stop_share *share;       /* NULL: --quiet */
    bool wait_told;                 /* that the tracer waits, and for what */
};

/* The life of a run, from the command line to the exit status. */
struct tracer_run {
    pid_t launched; /* 0: attached */
    int launched_status;
    bool launched_ended;
    bool failed;            /* exit status 125; the reason was printed */
    bool abandoned;         /* some thread still uses the tracer: see cli/timed_call.h */
    atomic_bool stop_asked; /* detach */
    sigset_t signals;       /* those that end a trace: blocked */
    sigset_t stops;         /* those that stop the tracer, ignored while something is traced */
    struct watcher *watcher;
};

struct tracer {
    const struct options *options;
    struct catalog *catalog;
    struct engine *engine;
    struct jump_regions *regions; /* NULL: not --in-process */
    struct hit_sink sink;
    struct summary *summary;             /* NULL: not --summary */
    struct tracing_costs *costs;         /* NULL: not known */
    struct pattern_hints *pattern_hints; /* NULL: none are being given */
    bool pattern_hints_given;            /* cli/pattern_hints.h; for a launched program */
    struct timed_calls calls;
    struct tracer_screen screen;
    struct hints hints;
    struct tracer_run run;
    atomic_bool module_named; /* the sink names a module that was left out */
    unsigned visit; /* number of the last walk over all targets: processes may share one */
    size_t n_armed_most;
    size_t n_candidates;
};

/* Mask of enum hit_kind: the hits of the probe that are wanted now. */
unsigned tracer_wanted(const struct tracer *tracer, const struct probe *probe);
/* Tells the sink of candidates: see struct hit_sink. */
void tracer_add(struct tracer *tracer, const struct probe *const *probes, size_t n, bool selected);
/* All candidates that the program starts with are known: the sink starts to record. */
void tracer_begin(struct tracer *tracer);
/* Whether the sink wants the module although the user did not select it. */
bool tracer_is_named(struct tracer *tracer, const char *provider);
/* Tells the sink by which other names the module is known. */
void tracer_learn_names(struct tracer *tracer, const struct module_names *names);
/* Prints the error, detaches from everything, and makes the exit status 125. */
void tracer_fail(struct tracer *tracer, const struct error *err);

#endif
