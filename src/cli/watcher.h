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
 * keeps in tracer->signals which these are: not those that were ignored, which stay so. A signal
 * that was blocked before and is not among them stays pending for ever, as it would have. To be
 * called after the program was forked, which must inherit nothing of it, and before other threads
 * are made.
 */
void watcher_block_signals(struct tracer *tracer);
/* Whether one of them has come, which is taken. For as long as no watcher is started. */
bool watcher_take_signal(struct tracer *tracer);

/* To be started when all that it looks at is there. What the terminal sends is the launched
   program's meanwhile. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int watcher_start(struct tracer *tracer, struct watcher **watcher);
/* Ends the thread. NULL is fine. */
void watcher_stop(struct watcher *watcher);

#endif
