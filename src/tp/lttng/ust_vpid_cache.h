/* SPDX-License-Identifier: MIT */
/*
 * liblttng-ust's context vpid: it asks getpid() once, whoever emits, and keeps the answer in a
 * variable of its own, which it does not export. To be true of several processes, or of one when it
 * was our own ID that was asked for first, the variable has to be found: the library's data is
 * copied when the back end is opened, and a word that was 0 then and holds what getpid() has
 * answered since is it. If there is none, or more than one, vpid stays what it is.
 *
 * Whoever emits does so while nobody else does (the engine reports one hit at a time).
 */
#ifndef TP_LTTNG_UST_VPID_CACHE_H
#define TP_LTTNG_UST_VPID_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ust_vpid {
    const char *data; /* liblttng-ust's, writable */
    size_t size;
    char *before;    /* a copy of it; NULL once there is nothing more to find out */
    pid_t own;       /* the tracer's */
    pid_t spoken;    /* the last one that was spoken for */
    pid_t *variable; /* NULL: not found (yet) */
    uint64_t looked_ns;
};

/* `library`: an address in liblttng-ust. */
void ust_vpid_init(struct ust_vpid *speaker, const void *library);
void ust_vpid_free(struct ust_vpid *speaker);

/* The process `pid` is spoken for. */
void ust_vpid_begin(struct ust_vpid *speaker, pid_t pid, uint64_t now_ns);
/* getpid() was asked while it was. */
void ust_vpid_look(struct ust_vpid *speaker);

#endif
