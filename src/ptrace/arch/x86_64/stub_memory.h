/* SPDX-License-Identifier: MIT */
/* The part of a stub that copies memory into the record. Private to the files of stubs. */
#ifndef PTRACE_ARCH_X86_64_STUB_MEMORY_H
#define PTRACE_ARCH_X86_64_STUB_MEMORY_H

#include <stdbool.h>

#include "ptrace/arch/stub.h"
#include "ptrace/arch/x86_64/stub_code.h"

/* Branches from there to the stop. */
struct stub_memory_stops {
    unsigned from[STUB_MEMORY_MAX];
    unsigned n;
};

/* RCX: the record, whose other words are written. RCX, RDI and the flags are changed. Returns
   whether RAX is then the length of the record, which is else always the same. */
bool stub_put_memory(struct stub_code *code, const struct stub_layout *layout,
                     struct stub_memory_stops *stops);
/* Where those branches lead: restores what was saved for it, and goes on behind. */
void stub_put_memory_stop(struct stub_code *code, const struct stub_memory_stops *stops);

#endif
