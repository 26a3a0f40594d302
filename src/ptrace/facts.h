/*
 * Facts of a call: fields of an event that are no values of the program's. See enum call_fact.
 */
#ifndef PTRACE_FACTS_H
#define PTRACE_FACTS_H

#include <stddef.h>

#include "ptrace/arch.h"
#include "ptrace/capture.h"
#include "ptrace/hit.h"
#include "ptrace/tracee.h"

/* FACTS_STACK_DEFAULT, FACTS_STACK_MAX: return addresses in FACT_STACK. FACTS_CALLER_ROOM,
   FACTS_STACK_ROOM: bytes of their texts, NULs included; what is longer is cut and ends in "...".
 */
enum {
    FACTS_STACK_DEFAULT = 16,
    FACTS_STACK_MAX = 64,
    FACTS_CALLER_ROOM = 512,
    FACTS_STACK_ROOM = 4096,
    FACTS_TEXT_ROOM = FACTS_CALLER_ROOM + FACTS_STACK_ROOM,
};

/*
 * Puts the n facts `fields` ask for into capture->values from `first` on, and their texts into
 * capture->text. The hit is filled but for its values; regs are the stopped thread's.
 */
void facts_capture(struct capture *capture, struct tracee *tracee, const struct hit *hit,
                   const arch_regs *regs, const struct field *fields, size_t n, size_t first);

#endif
