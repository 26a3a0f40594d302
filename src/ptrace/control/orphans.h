/* SPDX-License-Identifier: MIT */
/*
 * Children without a parent's event. The kernel creates a child, which is traced from its start,
 * before it stops the parent to report that (kernel/fork.c: kernel_clone()). If the parent is
 * killed in between, or ends because another of its threads calls exit_group(2) or execve(2), it
 * does not stop any more (kernel/signal.c: ptrace_stop()). The child has the breakpoints of the
 * parent's memory, so it is searched for while that memory is still known.
 */
#ifndef PTRACE_CONTROL_ORPHANS_H
#define PTRACE_CONTROL_ORPHANS_H

#include <stdbool.h>

struct engine;
struct process;
struct tracee;

/* Whether a process that ends (`killed`: by a signal) or executes a program may have left such
   children. The search reads /proc for each process of the system. */
bool orphans_possible(const struct process *process, bool killed);
/* Handles such children like other children. `parent` is the last known thread of the process,
   whose address space is still known. */
void orphans_take(struct engine *engine, struct tracee *parent);

#endif
