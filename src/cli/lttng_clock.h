/* SPDX-License-Identifier: MIT */
/* The clock in the metadata of LTTng's traces. */
#ifndef CLI_LTTNG_CLOCK_H
#define CLI_LTTNG_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The time of CLOCK_MONOTONIC's start since the Epoch, in ns, as the first LTTng trace of user
 * space below the directory has it. Of traces by process: that of this process. false: none is
 * written yet.
 */
bool lttng_clock_offset(const char *directory, int64_t *offset_ns);

#endif
