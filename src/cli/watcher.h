/*
 * The watcher: a thread that waits for signals to the tracer and for changes of what sessions want,
 * and rings the engine for both. The engine's own thread does nothing but serve stops meanwhile.
 */
#ifndef CLI_WATCHER_H
#define CLI_WATCHER_H

#include "cli/tracer.h"
#include "util/error.h"

struct watcher;

/*
 * Blocks the signals that end a trace in the calling thread (threads made later inherit that) and
 * ignores those that are the launched program's. To be called after the program was forked, which
 * must inherit neither, and before other threads are made.
 */
void watcher_block_signals(bool launched);

MUST_CHECK int watcher_start(struct tracer *tracer, struct watcher **watcher);
/* Ends the thread. NULL is fine. */
void watcher_stop(struct watcher *watcher);

#endif
