/* SPDX-License-Identifier: MIT */
/*
 * Where the stopped threads of an address space are, before code is replaced: program counters, and
 * addresses on their stacks, to which a signal handler may return.
 */
#ifndef PTRACE_JUMPS_STOPPED_THREADS_H
#define PTRACE_JUMPS_STOPPED_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "util/addr.h"

/* Code that is to be replaced. */
struct replaced {
    target_addr start, end; /* no thread may be behind start and before end, */
    bool is_behind_hit;     /* nor at start: a thread there has been at the site, and was counted */
    struct site *site;
    bool is_busy; /* some thread may be there */
};

/* Whether all threads of the space can be looked at: each is stopped, or in a system call, and none
   has made a child that is not known yet. */
bool stopped_threads_known(struct address_space *space);

/*
 * Moves threads that are in one of the n ranges, sorted by start, or in the old slot of its site,
 * to the same place in the copy of the site's stub. Where that is not possible, or where a word on
 * a stack leads into the range, the range is marked busy. `move`: false only looks.
 */
void stopped_threads_leave(struct address_space *space, struct replaced *ranges, size_t n,
                           bool move);

/* Moves a thread that has just hit a breakpoint, of a site or of a stub, back in front of it, where
   it is able to make system calls: it will hit it again. Returns its ID; 0: there is none. */
pid_t stopped_threads_unhit(struct address_space *space);

#endif
