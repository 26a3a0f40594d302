/* SPDX-License-Identifier: MIT */
/* What is known of the launched program's group-stops: see job_control.h. */
#ifndef PTRACE_CONTROL_PROGRAM_STOP_H
#define PTRACE_CONTROL_PROGRAM_STOP_H

struct engine;
struct process;
struct tracee;

/* The thread is in a group-stop by that signal, and PTRACE_LISTEN was done. */
void program_stop_notice(struct engine *engine, const struct tracee *tracee, int signal);
/* A thread of the process has ended: it may have been the last that ran. */
void program_stop_notice_end(struct engine *engine, const struct process *process);
/*
 * The process is the launched program's, and has ended or was let go. One that is stopped then, or
 * about to be, is continued: else the kernel would do so at our end, and send it SIGHUP (_exit(2):
 * its process group is left without anybody to continue it).
 */
void program_stop_forget(struct engine *engine, const struct process *process);

#endif
