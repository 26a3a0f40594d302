/* SPDX-License-Identifier: MIT */
/*
 * Starting a program under the engine. The child is made early, when the caller still has the
 * credentials the program is to run with, and waits on a pipe until it is seized; so nothing of it
 * is missed, no signal is needed to stop it, and what it becomes inherits nothing of the tracer's.
 */
#ifndef PTRACE_CONTROL_LAUNCH_H
#define PTRACE_CONTROL_LAUNCH_H

struct engine;

/* Ends a child that was prepared and never run. */
void launch_forget(struct engine *engine);

#endif
