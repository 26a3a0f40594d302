/* SPDX-License-Identifier: MIT */
/* Makes cpu_id and the contexts vtid, vpid and procname show the traced thread, not the emitting
   thread. */
#ifndef TP_LTTNG_UST_IDENTITY_H
#define TP_LTTNG_UST_IDENTITY_H

#include "model/hit.h"

struct ust_identity;

/* NULL: out of memory. One at a time in a process. */
struct ust_identity *ust_identity_new(void);
void ust_identity_free(struct ust_identity *identity);

/* Until ust_identity_end() the calling thread has the identity of the hit's thread. */
void ust_identity_begin(struct ust_identity *identity, const struct hit *hit);
void ust_identity_end(struct ust_identity *identity);
/* Between both: how long the calling thread may wait for ring buffer space from now on, in ms. */
void ust_identity_may_wait(struct ust_identity *identity, int ms);

#endif
