/* SPDX-License-Identifier: MIT */
/* Checks a trace's file `metadata` before libbabeltrace2 reads it: version 2.0 reads a cut one for
   ever. */
#ifndef ANALYSIS_BABELTRACE_METADATA_CHECK_H
#define ANALYSIS_BABELTRACE_METADATA_CHECK_H

#include "util/error.h"

/* `directory`: of the trace. -EIO: it is cut or damaged; err says how. Damage inside the text is
   for libbabeltrace2 to find. */
MUST_CHECK int metadata_check(const char *directory, struct error *err);

#endif
