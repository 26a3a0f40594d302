/* SPDX-License-Identifier: MIT */
/*
 * A hit: one entry into or one return from a traced function, as plain data. This is the seam
 * between what serves a breakpoint and what records it. However a site is served (a stop of the
 * thread, a handler or a stub inside the target), a hit carries its own time, thread and CPU, so
 * whoever records it asks nothing back.
 */
#ifndef MODEL_HIT_H
#define MODEL_HIT_H

#include <stdint.h>
#include <sys/types.h>

#include "model/probe.h"

/* Also a mask: what is wanted of a function. */
enum hit_kind {
    HIT_ENTRY = 1,
    HIT_EXIT = 2,
};

struct hit {
    const struct probe *probe;
    enum hit_kind kind;
    pid_t pid; /* the process, in the tracer's PID namespace */
    pid_t tid;
    int cpu;                 /* where the thread ran; -1 when not known */
    uint32_t depth;          /* traced calls of this thread that are open around this one */
    uint64_t time_ns;        /* CLOCK_MONOTONIC */
    uint64_t duration_ns;    /* HIT_EXIT: since the entry */
    uint64_t return_address; /* in the process; 0 when it could not be read */
    uint64_t ip;             /* the function's first instruction, or where it returned to */
    const char
        *thread_name; /* the thread's comm, at most 15 bytes; what it was when last looked at */

    /*
     * One per field of probe->args (entry) or probe->rets (exit), in order:
     * integers, bools and enums sign- or zero-extended to 64 bits by the field; floats of either
     * size as the bits of a double; pointers, words and counts as they are; what value_is_text()
     * says as the offset of its NUL-terminated text in `text` (strings and characters at most
     * --string-limit bytes; "(null)", "(bad address)"; "0x1f").
     */
    unsigned n_values;
    const uint64_t *values;
    const char *text;
};

#endif
