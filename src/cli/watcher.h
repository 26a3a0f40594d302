/* SPDX-License-Identifier: MIT */
/*
 * The watcher: a thread that waits for signals to the tracer and for changes of what sessions want,
 * and rings the engine for both. The engine's own thread does nothing but serve stops meanwhile.
 */
#ifndef CLI_WATCHER_H
#define CLI_WATCHER_H

#include <signal.h>

#include "cli/tracer.h"
#include "util/error.h"

struct watcher;

/*
 * Blocks the signals that end a trace in the calling thread (threads made later inherit that), and
 * keeps in tracer->signals which these are: SIGTERM, and all others whose default action ends the
 * process, but those that were ignored or blocked, which stay so. A fault of the tracer's own ends
 * it all the same: the kernel unblocks what it sends for one. To be called after the program was
 * forked, which must inherit nothing of it, and before other threads are made.
 */
void watcher_block_signals(struct tracer *tracer);
/*
 * From here on what stops a process at its terminal (^Z, reading or writing in the background) does
 * not stop the tracer, or a program would be held at its next breakpoint: with `ignored` false it
 * does again. A launched program that stops stops the tracer, too: see engine_options.
 */
void watcher_ignore_stops(struct tracer *tracer, bool ignored);
/* Whether one of them has come, which is taken. For as long as no watcher is started. */
bool watcher_take_signal(struct tracer *tracer);

/* To be started when all that it looks at is there. What is typed at the
   terminal is the launched program's meanwhile. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int watcher_start(struct tracer *tracer, struct watcher **watcher);
/* Ends the thread. NULL is fine. */
void watcher_stop(struct watcher *watcher);

#endif
