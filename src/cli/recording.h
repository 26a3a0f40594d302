/* SPDX-License-Identifier: MIT */
/* What the session and the back end are told of candidates: members of struct hit_sink. */
#ifndef CLI_RECORDING_H
#define CLI_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

#include "model/probe.h"

void recording_add(void *lttng_sink, const struct probe *const *probes, size_t n, bool selected);
void recording_begin(void *lttng_sink);

#endif
