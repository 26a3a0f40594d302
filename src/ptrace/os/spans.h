/* SPDX-License-Identifier: MIT */
/* Several pieces of a thread's memory in one read. */
#ifndef PTRACE_OS_SPANS_H
#define PTRACE_OS_SPANS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct span {
    uint64_t at; /* in the target */
    void *to;    /* room for n bytes */
    size_t n;
    size_t got; /* set: how many bytes were there without a gap, 0 to n */
};

/* At most so many at once. */
enum { SPANS_MAX = 160 };

/*
 * Reads n spans, at most SPANS_MAX: with one system call when all of them can be read, and one more
 * for each that cannot. `memory` as for memory_read_pieces(). Planted breakpoints show. Returns how
 * many calls it took.
 */
unsigned spans_read(pid_t tid, int memory, struct span *spans, size_t n);

#endif
