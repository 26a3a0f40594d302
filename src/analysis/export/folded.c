/* SPDX-License-Identifier: MIT */
/*
 * Folded stacks, as flamegraph.pl, speedscope and inferno read them: a line for each path of calls,
 * "app:main;app:f 1234", the outermost first, with the own time of the last one. The paths are
 * those of the call graph, whose memory they grow with.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_graph.h"
#include "analysis/export/formats.h"
#include "util/text.h"
#include "util/vec.h"

static int folded_begin(struct export *export)
{
    const struct call_graph_options options = {.costs = export->options.costs};
    export->state = call_graph_new(&options);
    return export->state ? 0 : -ENOMEM;
}

static void folded_release(struct export *export)
{
    call_graph_free(export->state);
}

static struct call_visitor folded_visitor(struct export *export)
{
    return call_graph_visitor(export->state);
}

/* A semicolon would end the function, and a space may end the line's path. Names are up to 255
   bytes (LTTng). */
static void folded_step(FILE *stream, const char *name)
{
    char safe[4 * 512 + 1];
    size_t length = strlen(name);
    text_escape(safe, sizeof(safe), name, length);
    for (const char *at = safe; *at; at++)
        if (*at == ';' || *at == ' ')
            fprintf(stream, "\\x%02x", *at);
        else
            putc(*at, stream);
}

/* The nodes from below the root to this one. */
static int folded_path(const struct call_graph *graph, uint32_t node, FILE *stream)
{
    VEC(uint32_t) path = {0};
    for (; node; node = call_graph_node(graph, node)->parent) {
        uint32_t *step = vec_push(&path);
        if (!step) {
            vec_free(&path);
            return -ENOMEM;
        }
        *step = node;
    }
    for (size_t i = path.count; i-- > 0;) {
        folded_step(stream, call_graph_name(graph, call_graph_node(graph, path.items[i])));
        putc(i ? ';' : ' ', stream);
    }
    vec_free(&path);
    return 0;
}

/* The node after this one, children first; 0: it was the last. */
static uint32_t folded_next(const struct call_graph *graph, uint32_t node)
{
    if (call_graph_node(graph, node)->first)
        return call_graph_node(graph, node)->first;
    while (node && !call_graph_node(graph, node)->next)
        node = call_graph_node(graph, node)->parent;
    return node ? call_graph_node(graph, node)->next : 0;
}

static int folded_end(struct export *export)
{
    const struct call_graph *graph = export->state;
    int rc = call_graph_finish(export->state);
    uint32_t node = call_graph_node(graph, 0)->first;
    for (; rc == 0 && node && !ferror(export->stream); node = folded_next(graph, node)) {
        const struct graph_node *at = call_graph_node(graph, node);
        export->n_calls += at->calls;
        if (at->returned == 0 || at->self_ns <= 0)
            continue;
        rc = folded_path(graph, node, export->stream);
        fprintf(export->stream, "%" PRId64 "\n", at->self_ns);
    }
    export->n_unplaced = call_graph_unplaced(graph);
    return rc;
}

const struct export_format export_folded = {
    .name = "folded",
    .what = "a line for each path of calls, for flame graphs",
    .begin = folded_begin,
    .visitor = folded_visitor,
    .end = folded_end,
    .release = folded_release,
};
