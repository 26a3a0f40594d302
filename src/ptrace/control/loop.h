/* SPDX-License-Identifier: MIT */
/* The loops of the engine's threads: engine_run() is the primary's. */
#ifndef PTRACE_CONTROL_LOOP_H
#define PTRACE_CONTROL_LOOP_H

/* What a further tracer thread runs: engine.thread_main. */
void *loop_thread_main(void *tracer_thread);

#endif
