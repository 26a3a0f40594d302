/*
 * Return sites: breakpoints at the addresses that traced functions return to. They stay planted for
 * every call site seen, as long as some function that returned there is armed for its exit.
 */
#ifndef PTRACE_RETURNS_H
#define PTRACE_RETURNS_H

#include <sys/types.h>

#include "ptrace/space.h"
#include "util/addr.h"

/*
 * The planted return site at `at` for a call of the function at `entry`, which is remembered as one
 * of its callees. NULL when no breakpoint can stand there: it is no code, or code that the program
 * has made for itself.
 */
struct site *returns_expect(struct space *space, struct site *entry, target_addr at,
                            uint64_t now_ns);

/* Lifts the return sites none of whose callees is armed for its exit any more. */
void returns_tidy(struct space *space);

/* After `to` was made a copy of `from`: its sites' links to each other. */
MUST_CHECK int returns_copy_links(const struct space *from, struct space *to);

#endif
