/* SPDX-License-Identifier: MIT */
/*
 * Return sites: breakpoints at the addresses that traced functions return to. A return site stays
 * planted as long as a function that returned there is armed for its exit.
 *
 * Other calls from the same instruction stop there, too. In the loop of an interpreter, or where a
 * virtual function is called, there can be a hundred such idle stops for one traced return. A site
 * with more than one idle stop for two returns is therefore planted *on demand*: removed while no
 * open traced call returns there, and planted again at the next entry. That takes two writes for
 * each call, half the time of an idle stop. While the breakpoint is removed, nothing counts the
 * idle stops it would have. So after a number of calls, doubled each time, it stays planted; if the
 * next stop is an idle one, planting on demand begins again.
 *
 * No exit is missed because the call stacks maintain site.waiting: it counts a frame for as long as
 * its return is possible. If the call never returns, the site stays planted.
 */
#ifndef PTRACE_BREAKPOINTS_RETURN_SITES_H
#define PTRACE_BREAKPOINTS_RETURN_SITES_H

#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"

/*
 * Returns the planted return site at `at` for the process's call of the function at `entry`, and
 * records the function as a callee of the site. NULL when no breakpoint can be planted there: it is
 * not code, or it is code that the program generated.
 */
struct site *return_sites_expect(struct process *process, struct site *entry, target_addr at,
                                 uint64_t now_ns);

/* A thread has stopped at the planted return site. `returned`: a traced call has returned; else the
   stop was idle. Frames that have returned must be off the thread's call stack. May remove the
   breakpoint. */
void return_sites_met(struct address_space *space, struct site *site, bool returned);

/* Removes the return sites none of whose callees is armed for its exit any more. */
void return_sites_tidy(struct address_space *space);

/* Copies the links between sites, after `to` was made a copy of `from`. */
MUST_CHECK int return_sites_copy_links(const struct address_space *from, struct address_space *to);

#endif
