/* SPDX-License-Identifier: MIT */
/*
 * A hit: an entry into or a return from a traced function, as plain data. The seam between the ways
 * to serve a site (a stop of the thread, a handler or a stub inside the target) and the sinks that
 * record hits: a hit has its own time, thread and CPU, so that a sink needs nothing else.
 */
#ifndef MODEL_HIT_H
#define MODEL_HIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/probe.h"

/* Also a mask of the hits that are wanted of a function. */
enum hit_kind {
    HIT_ENTRY = 1,
    HIT_EXIT = 2,
    /* The call was left by an exception or a jump, and will not return. It has no values, and is
       never among those that are wanted: who asks for exits is told (hit_sink.unwound). */
    HIT_UNWOUND = 4,
};

/* Limits of the texts in a hit: the bytes of a string, and the return addresses of EXTRA_STACK. */
enum {
    HIT_STRING_DEFAULT = 256,
    HIT_STRING_MAX = 4096,
    HIT_STACK_DEFAULT = 16,
    HIT_STACK_MAX = 64,
};

struct hit {
    const struct probe *probe;
    enum hit_kind kind;
    /* Hits of the thread before this one were not reported, for lack of room in a ring. */
    bool follows_drops;
    bool by_jump; /* it was recorded inside the program: the thread did not stop */
    /* HIT_EXIT: calls of the thread return in another order than the reverse one of their entries,
       since they are on several stacks. The order of events does not tell which call this is. */
    bool out_of_order;
    pid_t pid; /* the process, in the tracer's PID namespace */
    pid_t tid;
    int cpu;        /* of the thread; -1: not known */
    uint32_t depth; /* open traced calls of this thread around this one */
    /* CLOCK_MONOTONIC, when the thread stopped. --print shows it. LTTng's records have the time of
       their emission: a record older than those before it makes a shared stream unreadable. */
    uint64_t time_ns;
    uint64_t duration_ns;    /* HIT_EXIT: since the entry */
    uint64_t thread_cpu_ns;  /* how long the thread was on a CPU until now, if the probe wants it */
    uint64_t cpu_ns;         /* HIT_EXIT: of that, since the entry. 0: not known */
    uint64_t return_address; /* in the process; 0: it could not be read */
    uint64_t ip;             /* the function's first instruction, or the return address */
    const char *thread_name; /* the thread's comm, at most 15 bytes, as of the last update */

    /*
     * One for each field of probe->args (entry) or probe->rets (exit), in order. Integers, bools
     * and enums are sign- or zero-extended to 64 bits; floats of either size are the bits of a
     * double; pointers, words and counts are unchanged. For kinds with value_is_text(), the offset
     * of NUL-terminated text in `text`: strings and characters (at most --string-limit bytes),
     * "(null)", "(bad address)", "0x1f".
     */
    unsigned n_values;
    const uint64_t *values;
    const char *text;
};

#endif
