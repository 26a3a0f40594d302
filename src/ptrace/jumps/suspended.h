/* SPDX-License-Identifier: MIT */
/*
 * Stacks that are suspended where nobody looks: coroutines. A signal handler may switch to another
 * one, and leave behind the address of the instruction that it has interrupted, which can be any.
 * Where that may happen, only single instructions are replaced by jumps: the space `suspends`.
 */
#ifndef PTRACE_JUMPS_SUSPENDED_H
#define PTRACE_JUMPS_SUSPENDED_H

#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"

/* A thread is stopped at the entry of a function that makes or switches stacks: lifts all jumps
   that replace more than one instruction. */
void suspended_switched(struct address_space *space);
/* The thread has stopped with these registers. On a stack that is neither its own nor that of a
   signal handler, the same is done. (Records of hits are looked at when they are taken: drain.c.)
 */
void suspended_stopped(struct tracee *tracee, const arch_regs *regs);

#endif
