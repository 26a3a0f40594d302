/* SPDX-License-Identifier: MIT */
/*
 * The watcher: a thread that waits for signals to the tracer and for changes of what the sink
 * wants, and wakes the engine for both. It also updates the progress line.
 */
#ifndef CLI_WATCHER_H
#define CLI_WATCHER_H

#include <signal.h>

#include "cli/tracer.h"
#include "util/error.h"

struct watcher;

/*
 * Blocks the signals that end a trace, in the calling thread and those created later, and notes
 * them in tracer->run.signals: SIGTERM, and all signals whose default action ends the process and
 * that were neither ignored nor blocked. A fault of the tracer still ends it: the kernel unblocks
 * the signal of a fault. Call it after the fork of the program, which must not inherit the mask,
 * and before other threads are created.
 */
void watcher_block_signals(struct tracer *tracer);
/*
 * Ignores the stop signals of the terminal (^Z, background read and write), or with `ignored` false
 * restores them. A tracer that stops would hold the program at its next breakpoint. If a launched
 * program stops, the tracer stops, too: see engine_options.
 */
void watcher_ignore_stops(struct tracer *tracer, bool ignored);
/* Takes a pending signal that ends the trace. false: none is pending. Only while no watcher runs.
 */
bool watcher_take_signal(struct tracer *tracer);

/* Call it when the sink is open. While it runs, ^C and ^\\ of the terminal are left to a launched
   program. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int watcher_start(struct tracer *tracer, struct watcher **watcher);
/* Ends the thread. Does nothing with NULL. */
void watcher_stop(struct watcher *watcher);

#endif
