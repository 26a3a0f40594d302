/*
 * Makes what liblttng-ust says of the emitting thread true of the traced one: cpu_id, and the
 * contexts vtid, vpid and procname.
 */
#ifndef TP_SPEAKER_H
#define TP_SPEAKER_H

#include "ptrace/hit.h"

struct speaker;

/* NULL when memory is out. One at a time in a process. */
struct speaker *speaker_new(void);
void speaker_free(struct speaker *speaker);

/* From here to speaker_end() the calling thread speaks for the thread of the hit. */
void speaker_begin(struct speaker *speaker, const struct hit *hit);
void speaker_end(struct speaker *speaker);
/* In between: how long the calling thread may wait for room in a ring from here on. */
void speaker_may_wait(struct speaker *speaker, int ms);

#endif
