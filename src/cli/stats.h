/* SPDX-License-Identifier: MIT */
/* --stats: prints the engine's counters. */
#ifndef CLI_STATS_H
#define CLI_STATS_H

#include "ptrace/engine.h"

/* Prints one line on stderr, also with --quiet. */
void stats_report(const struct engine *engine);

#endif
