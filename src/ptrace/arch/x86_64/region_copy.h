/* SPDX-License-Identifier: MIT */
/* A copy of all instructions of a region (stub.h). Private to the files of stubs. */
#ifndef PTRACE_ARCH_X86_64_REGION_COPY_H
#define PTRACE_ARCH_X86_64_REGION_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "ptrace/arch/stub.h"
#include "util/addr.h"
#include "util/error.h"

enum { REGION_COPY_MAX = 192 };

struct region_copy {
    uint8_t length;
    uint8_t bytes[REGION_COPY_MAX];
    /* As in struct displaced, of all instructions. */
    uint8_t n_steps;
    struct displaced_step steps[STUB_STEPS_MAX];
    const char *reason; /* of an error: a static text */
};

/*
 * Builds the copy of a region: `length` bytes at `site`, which are whole instructions. Jumps back
 * only from its end; behind an instruction that never continues (ret, jmp) the region may have
 * bytes that are not copied. A branch to the site itself goes there. -EINVAL: an instruction that
 * cannot be displaced or is a system call, a call that is not the last one, a branch to inside
 * behind the site, an incomplete instruction, or the copy is too long. -ERANGE: it refers to what
 * cannot be reached from `at`, the address of the copy.
 */
MUST_CHECK int region_copy_build(struct region_copy *region, target_addr site, const uint8_t *code,
                                 size_t length, target_addr at);

#endif
