/* Facts of a call as fields behind the function's own: see enum call_fact. */
#ifndef SYMBOLS_CALL_FACTS_H
#define SYMBOLS_CALL_FACTS_H

#include "symbols/arena.h"
#include "symbols/probe.h"
#include "util/error.h"

/*
 * Adds the facts in `facts` (mask of 1 << enum call_fact) to the probe's fields: all but
 * FACT_DURATION to both events, that to the exit. The function's own fields keep their names; a
 * fact whose name is taken gets "_2". Where there is no room, the last fields give way and are
 * noted in not_shown. -ENOMEM.
 */
MUST_CHECK int call_facts_add(struct probe *probe, unsigned facts, struct arena *arena);

/* The name of a fact's field; NULL behind the last. */
const char *call_fact_name(enum call_fact fact);

#endif
