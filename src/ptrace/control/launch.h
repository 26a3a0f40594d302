/* SPDX-License-Identifier: MIT */
/*
 * Launching a program. The child is created early, while the caller still has the credentials the
 * program is to run with, and waits on a pipe until it is seized. So nothing of the program is
 * missed, no signal is needed to stop it, and it inherits nothing from the tracer.
 */
#ifndef PTRACE_CONTROL_LAUNCH_H
#define PTRACE_CONTROL_LAUNCH_H

struct engine;

/* Ends a child that was prepared and has not run. */
void launch_forget(struct engine *engine);

#endif
