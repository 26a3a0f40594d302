/* SPDX-License-Identifier: MIT */
/* Finds packets that libbabeltrace2 cannot pass. */
#ifndef ANALYSIS_BABELTRACE_STREAM_CHECK_H
#define ANALYSIS_BABELTRACE_STREAM_CHECK_H

#include <stdint.h>

#include "util/error.h"

/*
 * 0, or -EIO if a packet of the trace has no size: libbabeltrace2 2.0 would look for the next one
 * at the same place for ever, and remember each. Only packets as LTTng and our own writer make them
 * are looked at; what else is wrong is found later. Adds the sizes of the streams' files to *bytes.
 */
MUST_CHECK int stream_check(const char *directory, uint64_t *bytes, struct error *err);

#endif
