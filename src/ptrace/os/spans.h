/* SPDX-License-Identifier: MIT */
/* Reading several pieces of a thread's memory at once. */
#ifndef PTRACE_OS_SPANS_H
#define PTRACE_OS_SPANS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct span {
    uint64_t at; /* address in the target */
    void *to;    /* buffer of n bytes */
    size_t n;
    size_t got; /* set: how many bytes were readable without a gap, 0 to n */
};

/* The limit for one call. */
enum { SPANS_MAX = 160 };

/*
 * Reads n spans, at most SPANS_MAX: with one system call if all can be read, and one more for each
 * that cannot. `memory` as for memory_read_pieces(). Planted breakpoints are visible. Returns the
 * number of system calls.
 */
unsigned spans_read(pid_t tid, int memory, struct span *spans, size_t n);

#endif
