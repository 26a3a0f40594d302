/* SPDX-License-Identifier: MIT */
/*
 * A signal that makes the kernel write a core file (signal(7), "Core"). The file has the memory and
 * the registers of all threads as they would be without the tracer: the breakpoints and jumps are
 * removed first, and no thread is in a slot or stub.
 */
#ifndef PTRACE_CONTROL_CORE_DUMP_H
#define PTRACE_CONTROL_CORE_DUMP_H

#include <stdbool.h>

struct engine;
struct tracee;

/* Whether the signal, which is about to be delivered to the thread, ends its process with a core
   file. Not where another process is in the memory: its breakpoints stay, and are in the file. */
bool core_dump_follows(struct tracee *tracee, int signal);
/* Stops all other threads, and removes from the memory and the threads what the tracer has put
   there. The thread itself is left for signal_delivery_prepare(). */
void core_dump_prepare(struct engine *engine, struct tracee *tracee);
/* After the thread was resumed with the signal: waits until the kernel holds the other threads. */
void core_dump_await(struct tracee *tracee);

#endif
