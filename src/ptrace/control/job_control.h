/* SPDX-License-Identifier: MIT */
/*
 * Job control of a launched program. The shell that waits for the tracer takes it for the program:
 * when the program has stopped (by ^Z, by a SIGTSTP or SIGSTOP that it sends itself), this process
 * stops, too, by the same signal, so that the shell goes on. SIGCONT to the process group continues
 * both. For the time that this process is stopped a child of it looks whether it is needed: when
 * the program alone was continued or has ended, and when others that are traced stop.
 */
#ifndef PTRACE_CONTROL_JOB_CONTROL_H
#define PTRACE_CONTROL_JOB_CONTROL_H

struct engine;

/* By the primary in a turn, with engine->program_stopped set: stops this process if all threads of
   the program are stopped, and returns when it has been continued. */
void job_control_stop(struct engine *engine);
/* The same for engine->child, which has not executed its program yet. */
void job_control_stop_with_child(struct engine *engine, int signal);

#endif
