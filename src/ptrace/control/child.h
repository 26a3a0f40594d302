/* SPDX-License-Identifier: MIT */
/*
 * New processes. A child of fork(2) has the parent's breakpoints in its own copy of the memory.
 * Unless it is followed, they are removed and it is detached before it runs. A child of vfork(2)
 * runs in the parent's memory: it passes the breakpoints there, unreported, until it executes a
 * program or ends.
 */
#ifndef PTRACE_CONTROL_CHILD_H
#define PTRACE_CONTROL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct engine;
struct tracee;

/* Whether the two threads share their memory: 0 or 1; negative if kcmp(2) fails. */
int child_shares_memory(pid_t one, pid_t other);
/* Handles a new process, which is stopped and runs in the parent's memory (`shared`) or a copy of
   it: follows it, or removes the breakpoints and detaches from it. */
void child_take(struct engine *engine, struct tracee *parent, pid_t child, bool shared);

#endif
