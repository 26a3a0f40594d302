/* SPDX-License-Identifier: MIT */
/* The memory as the program has it: breakpoints that are planted do not show. */
#ifndef PTRACE_BREAKPOINTS_PROGRAM_MEMORY_H
#define PTRACE_BREAKPOINTS_PROGRAM_MEMORY_H

#include <stddef.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/error.h"

/* Reads n bytes. All or -EIO. */
MUST_CHECK int program_memory_read(const struct address_space *space, target_addr at, void *buffer,
                                   size_t n);
/* As many of n bytes as there are. */
size_t program_memory_read_some(const struct address_space *space, target_addr at, void *buffer,
                                size_t n);

#endif
