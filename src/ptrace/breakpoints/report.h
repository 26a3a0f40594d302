/* SPDX-License-Identifier: MIT */
/* Reports hits to the engine's sink, with the values that their probes name. */
#ifndef PTRACE_BREAKPOINTS_REPORT_H
#define PTRACE_BREAKPOINTS_REPORT_H

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture.h"
#include "ptrace/core/tracee.h"

/* Begins to capture the fields of the function's event of that kind, with engine->capture. */
void report_begin(struct tracee *tracee, const struct probe *probe, enum hit_kind kind,
                  const struct capture_source *source);
/* Ends the capture and reports the hit. `floats` may be NULL if no field needs it. The hit has all
   but process, thread and values. */
void report_hit(struct tracee *tracee, struct hit *hit, const arch_regs *regs,
                const struct arch_float_regs *floats);
/* Reports a hit whose values, without those of extra fields, are in engine->capture->values. A call
   chain is not among the extra fields. */
void report_values(struct tracee *tracee, struct hit *hit);

#endif
