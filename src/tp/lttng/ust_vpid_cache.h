/* SPDX-License-Identifier: MIT */
/*
 * liblttng-ust's context vpid. liblttng-ust calls getpid() once, in any thread, and caches the
 * result in a variable that it does not export. To change it we must find it: we copy the library's
 * data when the back end is opened. The variable is the word that was 0 then and holds a result of
 * getpid() now. Where not exactly one word matches, vpid keeps its first value.
 *
 * Only one thread emits at a time (the engine reports one hit at a time).
 */
#ifndef TP_LTTNG_UST_VPID_CACHE_H
#define TP_LTTNG_UST_VPID_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ust_vpid {
    const char *data; /* liblttng-ust's writable data */
    size_t size;
    char *before;  /* a copy of it; NULL: the search has ended */
    pid_t own;     /* the tracer's */
    pid_t last;    /* the process of the last emitted hit */
    pid_t *cached; /* NULL: not found, or not yet */
    uint64_t searched_ns;
};

/* `library`: an address in liblttng-ust. */
void ust_vpid_init(struct ust_vpid *vpid, const void *library);
void ust_vpid_free(struct ust_vpid *vpid);

/* Makes vpid show the process `pid`. */
void ust_vpid_begin(struct ust_vpid *vpid, pid_t pid, uint64_t now_ns);
/* Searches for the variable, after getpid() has returned `last`. */
void ust_vpid_search(struct ust_vpid *vpid);

#endif
