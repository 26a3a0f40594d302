/* SPDX-License-Identifier: MIT */
/* Code that the program may write to: a jump there would be overwritten in part. */
#ifndef PTRACE_JUMPS_WRITABLE_CODE_H
#define PTRACE_JUMPS_WRITABLE_CODE_H

#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"

struct site;

/* A thread is stopped at the entry of mprotect(), or a function with the same first arguments: if
   it makes code writable, jumps there are lifted for good. */
void writable_code_asked(struct address_space *space, struct site *site, const arch_regs *regs);
#endif
