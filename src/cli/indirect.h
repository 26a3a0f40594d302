/* SPDX-License-Identifier: MIT */
/*
 * Indirect functions (STT_GNU_IFUNC), of which each process has an implementation of its own, which
 * a resolver chooses: strlen(), memcpy() and others of the C library. The candidate is the resolver
 * then. Whatever it returns, and whatever the words hold by which modules call the function, is an
 * implementation, and becomes a candidate as well.
 */
#ifndef CLI_INDIRECT_H
#define CLI_INDIRECT_H

#include "cli/target.h"

/* Looks for implementations that were chosen before, of those of the module's functions that have
   begun to be waited for, and were not looked for yet. */
void indirect_look(struct target *target, struct target_module *tm);
/* The module that has got a new candidate, or NULL: it is known, or no function of any module. */
struct target_module *indirect_add(struct target *target, const struct probe *probe,
                                   target_addr at);

#endif
