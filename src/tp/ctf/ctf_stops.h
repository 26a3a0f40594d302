/* SPDX-License-Identifier: MIT */
/*
 * The times when a trace's session was stopped. They are in the trace as packets without events,
 * from the last record before a stop to some time before the next one, in a stream of their own: so
 * they cost nothing until there is one, and text that readers make of the trace does not show them.
 */
#ifndef TP_CTF_CTF_STOPS_H
#define TP_CTF_CTF_STOPS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tp/ctf/ctf_channel.h"
#include "util/vec.h"

struct ctf_stop {
    uint64_t begin_ns, end_ns;
};

struct ctf_stops {
    pthread_mutex_t lock; /* of the list */
    VEC(struct ctf_stop) list;
    struct ctf_channel *channel; /* made with the first one; it has no events */
    _Atomic size_t n;
    size_t n_seen, n_done; /* of the writer's thread */
};

void ctf_stops_init(struct ctf_stops *stops);
void ctf_stops_free(struct ctf_stops *stops);

/* The following are for the writer's thread. */

/* Notes how many there are. Call it before the trace's channels are looked at: theirs is then among
   them. Returns whether there are new ones. */
bool ctf_stops_look(struct ctf_stops *stops);
/* Writes those that ctf_stops_look() has noted. 0 or a negative errno. */
MUST_CHECK int ctf_stops_write(struct ctf_stops *stops, int directory);

#endif
