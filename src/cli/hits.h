/* SPDX-License-Identifier: MIT */
/* What the engine reports of calls: see struct engine_sink. */
#ifndef CLI_HITS_H
#define CLI_HITS_H

#include "model/hit.h"

/* Hands it to whatever records it; `data` is the tracer. */
void hits_take(void *data, const struct hit *hit);

#endif
