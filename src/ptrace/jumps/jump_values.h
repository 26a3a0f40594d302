/* SPDX-License-Identifier: MIT */
/* Which values of a probe a stub can record, and how. */
#ifndef PTRACE_JUMPS_JUMP_VALUES_H
#define PTRACE_JUMPS_JUMP_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/probe.h"
#include "ptrace/arch/stub.h"

/*
 * What a stub is to record for the events of the probe of these kinds, of strings `limit` bytes.
 * false, with the reason, a static text: they need the stopped thread. *layout is that of the entry
 * event.
 */
bool jump_layout_of_entry(const struct probe *probe, unsigned kinds, size_t limit,
                          struct stub_layout *layout, const char **reason);
/*
 * The same for the stub at an address that the function returns to. Sets the layout's memory, which
 * must be empty; the other members are set, return_floats perhaps without need. *floats: the result
 * needs that.
 */
bool jump_layout_of_return(const struct probe *probe, size_t limit, struct stub_layout *layout,
                           bool *floats, const char **reason);

#endif
