/* SPDX-License-Identifier: MIT */
/*
 * Indirect functions (STT_GNU_IFUNC): a resolver chooses the implementation in each process, as for
 * strlen() and memcpy() of the C library. The first candidate is the resolver. The addresses that
 * it returns, and those in the relocated words through which modules call the function, are its
 * implementations. Each becomes a candidate, too.
 */
#ifndef CLI_INDIRECT_H
#define CLI_INDIRECT_H

#include "cli/target.h"

/* Finds implementations that were chosen before the module's resolvers were armed. Looks once for
   each resolver. */
void indirect_look(struct target *target, struct target_module *tm);
/* Adds an implementation at `at`. Returns the module with the new candidate. NULL: it is known, or
   lies in no module. */
struct target_module *indirect_add(struct target *target, const struct probe *probe,
                                   target_addr at);

#endif
