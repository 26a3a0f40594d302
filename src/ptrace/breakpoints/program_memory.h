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

#endif
