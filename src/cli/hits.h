/* SPDX-License-Identifier: MIT */
/* The engine's hits: a member of struct engine_sink. */
#ifndef CLI_HITS_H
#define CLI_HITS_H

#include "model/hit.h"

/* Passes the hit to the sink; `data` is the tracer. */
void hits_take(void *data, const struct hit *hit);

#endif
