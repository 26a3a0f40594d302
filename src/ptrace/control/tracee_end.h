/* SPDX-License-Identifier: MIT */
/* The end of a tracee or process for the engine: it has ended, or was detached. */
#ifndef PTRACE_CONTROL_TRACEE_END_H
#define PTRACE_CONTROL_TRACEE_END_H

struct address_space;
struct engine;
struct process;
struct tracee;

/* Frees the thread, which has ended or was detached. With the last thread of a process, frees that,
   too. */
void tracee_free(struct engine *engine, struct tracee *tracee);
/* Frees the process, which has no threads any more. Calls `ended` if it was announced. */
void process_free(struct process *process);
/* The process is no longer in the address space: drops its use. With the last announced process the
   watches go, too. */
void process_leave(struct process *process, struct address_space *space);

/* Handles the ends of tracees that were reaped early: see wait_reap_ends(). */
void tracee_end_report(struct engine *engine);

#endif
