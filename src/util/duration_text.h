/* SPDX-License-Identifier: MIT */
/* Durations as people write them: three digits and a unit. */
#ifndef UTIL_DURATION_TEXT_H
#define UTIL_DURATION_TEXT_H

#include <stdint.h>

#include "util/error.h"

enum { DURATION_TEXT_MAX = 6, DURATION_TEXT_SIZE = 24 };

/* Writes "0ns", "999ns", "1.23us", "45.6ms", "789s", "99999s", "123h" to out. At most
   DURATION_TEXT_MAX characters, unless it is more than ten years. */
void duration_text(char out[static DURATION_TEXT_SIZE], uint64_t ns);

/* The nanoseconds of a number with a unit: "100ns", "1.5us", "5ms", "2s". -EINVAL: it is none. */
MUST_CHECK int duration_parse(const char *text, uint64_t *ns);

#endif
