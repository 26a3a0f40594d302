/* SPDX-License-Identifier: MIT */
/*
 * Makes what liblttng-ust says of the emitting thread true of the traced one: cpu_id, and the
 * contexts vtid, vpid and procname.
 */
#ifndef TP_LTTNG_UST_IDENTITY_H
#define TP_LTTNG_UST_IDENTITY_H

#include "model/hit.h"

struct ust_identity;

/* NULL when memory is out. One at a time in a process. */
struct ust_identity *ust_identity_new(void);
void ust_identity_free(struct ust_identity *speaker);

/* From here to ust_identity_end() the calling thread speaks for the thread of the hit. */
void ust_identity_begin(struct ust_identity *speaker, const struct hit *hit);
void ust_identity_end(struct ust_identity *speaker);
/* In between: how long the calling thread may wait for room in a ring from here on. */
void ust_identity_may_wait(struct ust_identity *speaker, int ms);

#endif
