/* SPDX-License-Identifier: MIT */
/* The loops of the tracer threads: engine_run() is the primary's. */
#ifndef PTRACE_CONTROL_LOOP_H
#define PTRACE_CONTROL_LOOP_H

/* The main function of a further tracer thread: engine.thread_main. */
void *loop_thread_main(void *tracer_thread);

#endif
