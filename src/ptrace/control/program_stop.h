/* SPDX-License-Identifier: MIT */
/* The state of the launched program's group-stops: see job_control.h. */
#ifndef PTRACE_CONTROL_PROGRAM_STOP_H
#define PTRACE_CONTROL_PROGRAM_STOP_H

struct engine;
struct process;
struct tracee;

/* The thread is in a group-stop by that signal, after PTRACE_LISTEN. */
void program_stop_notice(struct engine *engine, const struct tracee *tracee, int signal);
/* A thread of the process has ended: it may have been the last one running. */
void program_stop_notice_end(struct engine *engine, const struct process *process);
/*
 * The launched program's process has ended or was detached. If it is stopped, or about to be, it is
 * continued: otherwise the kernel would continue it when this process ends, and send it SIGHUP as a
 * member of an orphaned process group (_exit(2)).
 */
void program_stop_forget(struct engine *engine, const struct process *process);

#endif
