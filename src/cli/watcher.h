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
 * Blocks the signals that end a trace in the calling thread (threads made later inherit that) and
 * ignores those that are the launched program's; *signals is what was blocked. A signal that was
 * blocked before and is not in the set stays pending for ever, as it would have. To be called after
 * the program was forked, which must inherit neither, and before other threads are made.
 */
void watcher_block_signals(bool launched, sigset_t *signals);

/* signals: what watcher_block_signals() gave. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int watcher_start(struct tracer *tracer, const sigset_t *signals,
                             struct watcher **watcher);
/* Ends the thread. NULL is fine. */
void watcher_stop(struct watcher *watcher);

#endif
