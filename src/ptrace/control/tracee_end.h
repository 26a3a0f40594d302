/* SPDX-License-Identifier: MIT */
/* The end of a tracee and of its process, as the engine sees it: gone, or let go. */
#ifndef PTRACE_CONTROL_TRACEE_END_H
#define PTRACE_CONTROL_TRACEE_END_H

struct address_space;
struct engine;
struct process;
struct tracee;

/* Forgets the thread: it is gone or let go. When it was the last of its process, so is that. */
void tracee_free(struct engine *engine, struct tracee *tracee);
/* Forgets it, with a call of `ended` if it was announced. It has no threads any more. */
void process_free(struct process *process);
/* The process is not in the space any more: one user less, and what is watched there goes with the
   last that was announced. */
void process_leave(struct process *process, struct address_space *space);

#endif
