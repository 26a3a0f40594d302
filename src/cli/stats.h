/* SPDX-License-Identifier: MIT */
/* --stats: what the engine says of its own work. */
#ifndef CLI_STATS_H
#define CLI_STATS_H

#include "ptrace/engine.h"

/* One line on stderr, whatever --quiet says: it was asked for. */
void stats_report(const struct engine *engine);

#endif
