/* SPDX-License-Identifier: MIT */
/*
 * A process that was born. A child of fork(2) has the parent's breakpoints in its own copy of the
 * memory: unless it is followed they are taken out before it runs, and it is let go. A child of
 * vfork(2) runs in the parent's memory: it passes the breakpoints there, unreported, until it
 * executes a program or ends.
 */
#ifndef PTRACE_CONTROL_CHILD_H
#define PTRACE_CONTROL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct engine;
struct tracee;

/* Whether the two threads share their memory: 0 or 1; negative where kcmp(2) does not tell. */
int child_shares_memory(pid_t one, pid_t other);
/* A process was born, which lives in the memory of the parent's or in a copy of it: follows it, or
   lets it go without breakpoints. The child is stopped. */
void child_take(struct engine *engine, struct tracee *parent, pid_t child, bool shared);

#endif
