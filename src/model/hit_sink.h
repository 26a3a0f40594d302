/* SPDX-License-Identifier: MIT */
/*
 * A hit sink: what records hits. The engine's user hands every hit to one sink and does not know
 * which one it is. A member that is NULL has nothing to do.
 */
#ifndef MODEL_HIT_SINK_H
#define MODEL_HIT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit.h"
#include "model/probe.h"
#include "util/error.h"

/* Counts since the start. */
struct hit_counts {
    uint64_t written;   /* records, in all sessions together */
    uint64_t lost;      /* records that found no room */
    uint64_t triggered; /* hits that met the condition of a trigger */
};

struct hit_sink {
    void *data; /* the sink's own; all members get it */
    /* Records a hit. From any thread, one call at a time; allocates nothing. */
    void (*hit)(void *data, const struct hit *hit);
    /* A call of which both hits were wanted was left by an exception or a jump (HIT_UNWOUND).
       Called like hit(). */
    void (*unwound)(void *data, const struct hit *hit);
    /* So many hits were dropped, for lack of room in a ring. Called like hit(). */
    void (*dropped)(void *data, uint64_t n);
    /* What is wanted is about to change, and hits that were made until now have been reported. On a
       thread that the session daemon waits for. */
    void (*before_change)(void *data);
    /* From any thread; the counts may be a moment old. */
    void (*counts)(void *data, struct hit_counts *counts);

    /* The probes may have hits from now on, and must outlive the sink. `selected`: the user chose
       them; else an event rule or a trigger names their module. */
    void (*add)(void *data, const struct probe *const *probes, size_t n, bool selected);
    /* All probes that the program starts with were added: starts to record. */
    void (*begin)(void *data);
    /* Whether the module `provider` is wanted although the user did not select it; with a ':' in
       it, the events whose names begin so. NULL: none is. The string must outlive the sink. */
    bool (*names_module)(void *data, const char *provider);
    /* The module `provider`, whose file is at `path`, is also known as `other`: a link, or its
       soname. The strings outlive the sink. */
    void (*learn_other_name)(void *data, const char *other, const char *provider, const char *path);
    /* Mask of enum hit_kind: the hits of the probe that are wanted now. NULL: all. */
    unsigned (*wanted)(void *data, const struct probe *probe);
    /* A number that changes whenever wanted() may have changed. From any thread; cheap, but for a
       moment's wait when it has changed. */
    uint64_t (*generation)(void *data);

    /* Everything is set up, and the program is about to be traced: may start threads. 0, or a
       negative errno with err filled. */
    MUST_CHECK int (*start)(void *data, struct error *err);
    /* No hits come any more: ends what start() has started. */
    void (*stop)(void *data);
    /* Ends the recording. 0, or a negative errno with err filled; an empty text: it
       was printed already. */
    MUST_CHECK int (*finish)(void *data, struct error *err);
    /* Where the hits were recorded, for the end of the last line; "" if there is nothing to say. */
    void (*describe)(void *data, char *text, size_t size);
    /* Undoes what was not finished, and frees the sink. -EINPROGRESS: some thread still uses it,
       and nothing was freed. */
    MUST_CHECK int (*free)(void *data);
};

#endif
