/* SPDX-License-Identifier: MIT */
/*
 * The call graph of a trace: a tree in which calls of one function that were made by calls of one
 * node are merged, with their number and their times. All threads and processes are in one tree.
 * Or the callers of functions, in a tree that leads outwards.
 */
#ifndef ANALYSIS_CALL_GRAPH_H
#define ANALYSIS_CALL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/call_visitor.h"
#include "model/call_times.h"
#include "model/profile.h"

/* Of a graph. Calls that would need more are counted by their callers' nodes only. */
enum { GRAPH_NODES_MAX = 1 << 20 };

struct call_graph_options {
    /* The trees begin at these functions; NULL: at calls that no traced call has made. */
    bool (*is_root)(void *data, const struct traced_function *function);
    void *data;
    bool callers;   /* the trees lead from these functions to their callers */
    unsigned depth; /* levels; 0: no limit */
    /* A function that calls itself has one node, and so have functions called by one caller whose
       names differ only in numbers and template arguments. */
    bool fold;
    const struct call_costs *costs; /* as in struct trace_profile_options */
};

/* A node, when the trace was read. Links are indices; 0 is none. */
struct graph_node {
    uint32_t parent, next, first; /* siblings in a row; children */
    uint32_t name;                /* that its functions share */
    uint32_t shown;               /* call_graph_name() */
    uint64_t calls;
    uint64_t returned; /* of these; only they have times */
    int64_t total_ns, self_ns;
    struct cpu_share cpu; /* of total_ns */
    /* total_ns, not negative; of calls without times, those of the calls that they made. Children
       are in the order of this, the largest first. */
    uint64_t weight_ns;
};

struct call_graph;

/* NULL: out of memory. */
struct call_graph *call_graph_new(const struct call_graph_options *options);
void call_graph_free(struct call_graph *graph);

/* For trace_reader_run(). */
struct call_visitor call_graph_visitor(struct call_graph *graph);

/* To be called when the trace has been read: sorts. 0, or -ENOMEM. */
int call_graph_finish(struct call_graph *graph);

/* The node of that index; that of index 0 has the roots as its children. */
const struct graph_node *call_graph_node(const struct call_graph *graph, uint32_t index);
const char *call_graph_name(const struct call_graph *graph, const struct graph_node *node);
/* Whether it was recorded how long any call was on a CPU. */
bool call_graph_has_cpu(const struct call_graph *graph);
/* Calls that had no room for a node. */
uint64_t call_graph_unplaced(const struct call_graph *graph);

#endif
