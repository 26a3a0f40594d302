/* SPDX-License-Identifier: MIT */
/*
 * Children that nobody tells of. The kernel makes a child, which is traced from birth, before it
 * stops the parent to tell (kernel/fork.c: kernel_clone()). When the parent is killed in between,
 * or ends because another of its threads calls exit_group(2) or execve(2), it does not stop any
 * more (kernel/signal.c: ptrace_stop()). The child has the breakpoints of the parent's memory, so
 * it is looked for as long as that memory is known.
 */
#ifndef PTRACE_CONTROL_ORPHANS_H
#define PTRACE_CONTROL_ORPHANS_H

#include <stdbool.h>

struct engine;
struct process;
struct tracee;

/* Whether there may be such children of a process that ends or executes a program, `killed` by a
   signal or not. To look for them takes a look at each process of the system. */
bool orphans_possible(const struct process *process, bool killed);
/* Deals with them as with other children of the last known thread of a process, whose memory is not
   forgotten yet. */
void orphans_take(struct engine *engine, struct tracee *parent);

#endif
