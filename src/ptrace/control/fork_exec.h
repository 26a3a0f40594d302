/* SPDX-License-Identifier: MIT */
/* Events of fork(2), vfork(2), clone(2) and execve(2). */
#ifndef PTRACE_CONTROL_FORK_EXEC_H
#define PTRACE_CONTROL_FORK_EXEC_H

#include <stdbool.h>

#include "ptrace/os/wait_status.h"

struct engine;
struct tracee;

/* `stop` is a FORK, VFORK or CLONE event of `parent`. */
void fork_exec_created(struct engine *engine, struct tracee *parent, const struct stop *stop);
/* An EXEC event: finds out whose the thread is now, and takes the stop out of the way. Of a thread
   whose ID changed in execve(2) the kernel wants it reaped before it takes a request
   (kernel/ptrace.c: looks_like_a_spurious_pid()). */
void fork_exec_take(struct engine *engine, const struct stop *stop);
/* That was done, and the thread is now its process's only one. */
void fork_exec_executed(struct engine *engine, const struct stop *stop);
/* A thread stopped that is not known yet. */
void fork_exec_unknown(struct engine *engine, const struct stop *stop);

#endif
