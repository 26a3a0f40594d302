/* SPDX-License-Identifier: MIT */
/*
 * Job control of a launched program. The shell that waits for the tracer takes it for the program.
 * When the program has stopped (by ^Z, or by a SIGTSTP or SIGSTOP that it sends itself), this
 * process stops, too, by the same signal, so that the shell continues. SIGCONT to the process group
 * continues both. While this process is stopped, a child of it polls whether it is needed: when the
 * program alone was continued or has ended, and when other tracees stop.
 */
#ifndef PTRACE_CONTROL_JOB_CONTROL_H
#define PTRACE_CONTROL_JOB_CONTROL_H

struct engine;

/* To be called by the primary with the lock held, when engine->program_stopped is set. Stops this
   process if all threads of the program are stopped, and returns when it was continued. */
void job_control_stop(struct engine *engine);
/* The same for engine->child, which has not executed its program yet. */
void job_control_stop_with_child(struct engine *engine, int signal);

#endif
