/* SPDX-License-Identifier: MIT */
/*
 * Ends of threads that are reaped before it is the loop's turn to see them. A thread that executes
 * another program waits in the kernel until all other threads of its process are gone
 * (fs/exec.c, de_thread()), and a traced one is gone only once its tracer has reaped it. So whoever
 * waits for a thread, or for the kernel to take a request for one, reaps those that have ended; the
 * loop serves their ends later.
 */
#ifndef PTRACE_CONTROL_EARLY_REAP_H
#define PTRACE_CONTROL_EARLY_REAP_H

struct engine;

/* Reaps the tracees that have ended and notes how: `reaped` and `end` in struct tracee. Is
   async-signal-safe on the thread that has the turn, or acts for it. */
void wait_reap_ends(struct engine *engine);
/* Serves the ends that were noted. */
void early_reap_report(struct engine *engine);

#endif
