/* SPDX-License-Identifier: MIT */
#include "analysis/export/html/paths.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/export/html/deflated.h"
#include "util/json_text.h"
#include "util/vec.h"

struct path_writer {
    const struct call_graph *graph;
    FILE *numbers, *names;
    VEC(uint32_t) name_of; /* by the graph's name: 1 + that in the page; 0: it has none yet */
    uint32_t n_names;
};

/* The node after this one, children first; 0: it was the last. */
static uint32_t path_after(const struct call_graph *graph, uint32_t node, uint64_t min_ns,
                           uint32_t *depth)
{
    uint32_t next = call_graph_node(graph, node)->first;
    if (next && call_graph_node(graph, next)->weight_ns >= min_ns) {
        ++*depth;
        return next;
    }
    for (; node; node = call_graph_node(graph, node)->parent, --*depth) {
        next = call_graph_node(graph, node)->next;
        if (next && call_graph_node(graph, next)->weight_ns >= min_ns)
            return next;
    }
    return 0;
}

/* Siblings are in the order of their weight: the first that is too light ends a row. */
static uint64_t count_paths(const struct call_graph *graph, uint64_t min_ns)
{
    uint64_t n = 0;
    uint32_t depth = 0;
    for (uint32_t node = 0; (node = path_after(graph, node, min_ns, &depth));)
        n++;
    return n;
}

static int path_name(struct path_writer *writer, const struct graph_node *node, uint32_t *name)
{
    while (writer->name_of.count <= node->shown)
        if (!vec_push(&writer->name_of))
            return -ENOMEM;
    uint32_t *known = &writer->name_of.items[node->shown];
    if (*known == 0) {
        *known = ++writer->n_names;
        json_text_write(writer->names, call_graph_name(writer->graph, node));
        putc('\n', writer->names);
    }
    *name = *known - 1;
    return 0;
}

int64_t html_paths_write(const struct call_graph *graph, FILE *numbers, FILE *names,
                         uint64_t *min_ns)
{
    struct path_writer writer = {.graph = graph, .numbers = numbers, .names = names};
    uint32_t depth = 0, name = 0;
    int64_t n = 0;
    int rc = 0;
    *min_ns = 0;
    while (count_paths(graph, *min_ns) > HTML_PATHS_MAX)
        *min_ns = *min_ns ? *min_ns * 2 : 1;
    for (uint32_t node = 0; rc == 0 && (node = path_after(graph, node, *min_ns, &depth)); n++) {
        const struct graph_node *at = call_graph_node(graph, node);
        rc = path_name(&writer, at, &name);
        varint_write(numbers, depth);
        varint_write(numbers, name);
        varint_write(numbers, at->calls);
        varint_write(numbers, at->returned);
        zigzag_write(numbers, at->total_ns);
        zigzag_write(numbers, at->self_ns);
        varint_write(numbers, at->weight_ns);
    }
    vec_free(&writer.name_of);
    return rc < 0 ? rc : n;
}
