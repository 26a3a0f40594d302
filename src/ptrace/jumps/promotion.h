/* SPDX-License-Identifier: MIT */
/*
 * Changes of jumps. All threads of the address space are stopped meanwhile: a jump is longer than a
 * breakpoint, and no thread may be between its bytes.
 */
#ifndef PTRACE_JUMPS_PROMOTION_H
#define PTRACE_JUMPS_PROMOTION_H

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"

struct engine;

/* Plants jumps at the hot sites of all spaces, and lifts those that are not used any more. On the
   primary thread, between two stops. */
void promotion_run(struct engine *engine);
/* Replaces the jump at the site by a breakpoint, or by nothing if the site has no use. The thread
   that is being handled is stopped; so are all others afterwards. */
void promotion_lift(struct address_space *space, struct site *site);
/* The same for all sites with a jump of which `why` gives a reason, a static text, for good. */
typedef const char *promotion_why(const struct site *site, const void *data);
void promotion_lift_all(struct address_space *space, promotion_why *why, const void *data);

#endif
