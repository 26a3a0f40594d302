/* SPDX-License-Identifier: MIT */
/* Events of fork(2), vfork(2), clone(2) and execve(2). */
#ifndef PTRACE_CONTROL_FORK_EXEC_H
#define PTRACE_CONTROL_FORK_EXEC_H

#include <stdbool.h>

#include "ptrace/os/wait_status.h"

struct engine;
struct tracee;

/* `stop` is a fork, vfork or clone event of `parent`. */
void fork_exec_created(struct engine *engine, struct tracee *parent, const struct stop *stop);
/* An exec event: sets the owner of the thread, which may have been another's, and reaps the stop.
   If the thread's ID has changed in execve(2), the kernel accepts no request before that
   (kernel/ptrace.c: looks_like_a_spurious_pid()). */
void fork_exec_take(struct engine *engine, const struct stop *stop);
/* To be called after fork_exec_take(). Only this thread of the process is left. */
void fork_exec_executed(struct engine *engine, const struct stop *stop);
/* Handles a stop of a thread that is not in the table yet. */
void fork_exec_unknown(struct engine *engine, const struct stop *stop);

#endif
