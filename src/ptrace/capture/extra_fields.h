/* SPDX-License-Identifier: MIT */
/*
 * Facts of a call: fields of an event that are no values of the program's. See enum call_fact.
 */
#ifndef PTRACE_CAPTURE_EXTRA_FIELDS_H
#define PTRACE_CAPTURE_EXTRA_FIELDS_H

#include <stddef.h>

#include "model/hit.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture.h"
#include "ptrace/core/tracee.h"

/* STACK_FRAMES_DEFAULT, STACK_FRAMES_MAX: return addresses in FACT_STACK. CALLER_TEXT_SIZE,
   STACK_TEXT_SIZE: bytes of their texts, NULs included; what is longer is cut and ends in "...".
 */
enum {
    STACK_FRAMES_DEFAULT = 16,
    STACK_FRAMES_MAX = 64,
    CALLER_TEXT_SIZE = 512,
    STACK_TEXT_SIZE = 4096,
    EXTRA_FIELDS_TEXT_SIZE = CALLER_TEXT_SIZE + STACK_TEXT_SIZE,
};

/*
 * Puts the n facts `fields` ask for into capture->values from `first` on, and their texts into
 * capture->text. The hit is filled but for its values; regs are the stopped thread's.
 */
void extra_fields_capture(struct capture *capture, struct tracee *tracee, const struct hit *hit,
                          const arch_regs *regs, const struct field *fields, size_t n,
                          size_t first);

#endif
