/* SPDX-License-Identifier: MIT */
/*
 * The graph of components that reads traces: a source for each trace (several directories may be of
 * one trace), a muxer that merges them by time, and a sink. libbabeltrace2's own plugins are used
 * from where they are installed, and from nowhere else.
 */
#ifndef ANALYSIS_BABELTRACE_READ_GRAPH_H
#define ANALYSIS_BABELTRACE_READ_GRAPH_H

#include <babeltrace2/babeltrace.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

struct read_graph;

/* `path`: a directory, or the URL of a live session. */
MUST_CHECK int read_graph_new(const char *path, struct read_graph **result, struct error *err);
void read_graph_free(struct read_graph *graph);

/*
 * Reads until the end, or until consume() answers END. `pause` is called again and again while a
 * live session has nothing new, and ends the reading if it returns false. 0, or -EIO with err
 * filled; if consume() has answered ERROR, err says nothing of use.
 */
MUST_CHECK int read_graph_run(struct read_graph *graph,
                              bt_graph_simple_sink_component_consume_func consume,
                              bool (*pause)(void *data), void *data, struct error *err);

bool read_graph_is_live(const struct read_graph *graph);
/* The trace has no more events than this: each takes a bit at least. */
uint64_t read_graph_events_max(const struct read_graph *graph);
/* The time of the first and the last packet. false: not known. */
bool read_graph_range(const struct read_graph *graph, uint64_t *begin_ns, uint64_t *end_ns);

#endif
