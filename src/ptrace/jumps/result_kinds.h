/* SPDX-License-Identifier: MIT */
/*
 * Kinds of results: functions whose results need the same copies of memory have one kind. A stub at
 * a return site copies what one kind needs, and cannot tell which function has returned. So the
 * table of return addresses, in which an entry's stub looks for its own, has them with the kind of
 * the functions that are known to return there: a function of another kind stops first.
 */
#ifndef PTRACE_JUMPS_RESULT_KINDS_H
#define PTRACE_JUMPS_RESULT_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "util/addr.h"

enum { RESULT_KINDS_MAX = 32 };

struct result_kinds {
    unsigned n;
    struct stub_layout all[RESULT_KINDS_MAX];
};

/* The kind of the probe's results; 0 is that without memory. RESULT_KINDS_MAX: no stub can record
   them, with the reason, a static text. *floats: see jump_layout_of_return(). */
unsigned result_kind_of(struct result_kinds *kinds, const struct probe *probe, size_t limit,
                        bool *floats, const char **reason);
/* Adds the kind's memory to the layout of a return's stub, which may record floating point results,
   too. false: there is no room. */
bool result_kind_add(const struct result_kinds *kinds, unsigned kind, struct stub_layout *layout);
/* Notes that functions with results of that kind return to the site. false, with the reason: of
   another kind, too. */
bool result_kind_note(struct site *site, unsigned kind, const char **reason);
/* What the kind's number adds to a return address: bits that no address of a program has. */
uint64_t result_kind_mark(unsigned kind);
target_addr result_kind_key(target_addr address, unsigned kind);

#endif
