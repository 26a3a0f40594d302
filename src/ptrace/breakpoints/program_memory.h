/* SPDX-License-Identifier: MIT */
/* Memory as the program sees it: planted breakpoints are hidden. */
#ifndef PTRACE_BREAKPOINTS_PROGRAM_MEMORY_H
#define PTRACE_BREAKPOINTS_PROGRAM_MEMORY_H

#include <stddef.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/error.h"

/* Reads n bytes. All or -EIO. */
MUST_CHECK int program_memory_read(const struct address_space *space, target_addr at, void *buffer,
                                   size_t n);
/* Reads as many of the n bytes as are readable without a gap. */
size_t program_memory_read_some(const struct address_space *space, target_addr at, void *buffer,
                                size_t n);

/* Whether there is a breakpoint instruction, ours or the program's, at the address in that memory
   (a descriptor as from memory_open()): 1 or 0, or the negative errno of memory_read(). */
MUST_CHECK int trap_is_at(int memory, target_addr at);

#endif
