/* SPDX-License-Identifier: MIT */
/* One step of libunwind's cursor, without its guesses. */
#ifndef PTRACE_CAPTURE_UNWIND_STEP_H
#define PTRACE_CAPTURE_UNWIND_STEP_H

#include <libunwind.h>
#include <stdbool.h>

#include "ptrace/capture/unwind.h"

/* Moves the cursor to the caller's frame and returns it in *caller. *no_table is set by the
   cursor's find_proc_info accessor when it finds no rules. false: there is no caller, or no rule
   gives it. */
bool unwind_step(unw_cursor_t *cursor, bool *no_table, struct unwound *caller);

#endif
