/* SPDX-License-Identifier: MIT */
/*
 * Return sites: breakpoints at the addresses that traced functions return to. They stay planted for
 * every call site seen, as long as some function that returned there is armed for its exit.
 *
 * Whatever else is called from there stops at them, too: in the loop of an interpreter, or where
 * a virtual function is called, that can be a hundred functions that nobody asked for to one
 * that is traced. So a site that has such idle stops all the time, more than one to two returns,
 * is planted *on demand*: lifted when no traced call is open that is to return there, and
 * planted again when one is entered. That takes two writes for a call, half the time of an idle
 * stop. While it is lifted nothing tells how many idle stops it would have; so after some calls,
 * twice as many each time, it is left where it is, and planted on demand anew when the next
 * thing that is met is an idle stop.
 *
 * That no exit is missed rests on site.waiting, which the call stacks count themselves: a frame is
 * in it for as long as its return could still be taken. Where it never returns, the site stays.
 */
#ifndef PTRACE_BREAKPOINTS_RETURN_SITES_H
#define PTRACE_BREAKPOINTS_RETURN_SITES_H

#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"

/*
 * The planted return site at `at` for the process's call of the function at `entry`, which is
 * remembered as one of its callees. NULL when no breakpoint can stand there: it is no code, or code
 * that the program has made for itself.
 */
struct site *return_sites_expect(struct process *process, struct site *entry, target_addr at,
                                 uint64_t now_ns);

/* A thread has met the planted return site: `returned`, if a call did, else the stop was idle. All
   that has returned must be off the thread's callstack. May lift it. */
void return_sites_met(struct address_space *space, struct site *site, bool returned);

/* Lifts the return sites none of whose callees is armed for its exit any more. */
void return_sites_tidy(struct address_space *space);

/* After `to` was made a copy of `from`: its sites' links to each other. */
MUST_CHECK int return_sites_copy_links(const struct address_space *from, struct address_space *to);

#endif
