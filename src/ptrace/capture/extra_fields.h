/* SPDX-License-Identifier: MIT */
/* Extra fields: fields of an event that are not values of the program. See enum extra_field. */
#ifndef PTRACE_CAPTURE_EXTRA_FIELDS_H
#define PTRACE_CAPTURE_EXTRA_FIELDS_H

#include <stddef.h>

#include "model/hit.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture.h"
#include "ptrace/core/tracee.h"

/* Sizes of the texts in bytes, NUL included. Longer texts are cut and end in "...". */
enum {
    CALLER_TEXT_SIZE = 512,
    STACK_TEXT_SIZE = 4096,
    EXTRA_FIELDS_TEXT_SIZE = CALLER_TEXT_SIZE + STACK_TEXT_SIZE,
};

/*
 * Writes the n extra fields of `fields` to capture->values from `first` on, and their texts to
 * capture->text. All members of the hit but its values are set. regs: the stopped thread's
 * registers.
 */
void extra_fields_capture(struct capture *capture, struct tracee *tracee, const struct hit *hit,
                          const arch_regs *regs, const struct field *fields, size_t n,
                          size_t first);

#endif
