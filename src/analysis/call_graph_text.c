/* SPDX-License-Identifier: MIT */
#include "analysis/call_graph_text.h"

#include <inttypes.h>

#include "util/duration_text.h"
#include "util/shown_name.h"

enum {
    INDENT = 2,
    INDENT_MAX = 100, /* levels: deeper ones are not indented further */
    CALLS_WIDTH = 7,
    TIME_WIDTH = DURATION_TEXT_MAX + 1,
    USED_WIDTH = CALLS_WIDTH + 2 * TIME_WIDTH + 2,
    WIDTH_LEAST = 60,
};

static bool is_shown_node(const struct graph_node *node, const struct call_graph_style *style)
{
    return (node->calls || node->first) && node->weight_ns >= style->min_ns;
}

/* The first of the siblings that is shown, or 0. */
static uint32_t first_shown(const struct call_graph *graph, uint32_t index,
                            const struct call_graph_style *style)
{
    while (index && !is_shown_node(call_graph_node(graph, index), style))
        index = call_graph_node(graph, index)->next;
    return index;
}

static void write_time(FILE *stream, bool is_known, int64_t ns)
{
    char text[DURATION_TEXT_SIZE] = "-";
    if (is_known)
        duration_text(text, ns > 0 ? (uint64_t)ns : 0);
    fprintf(stream, " %*s", DURATION_TEXT_MAX, text);
}

static void write_node(FILE *stream, const struct call_graph *graph, const struct graph_node *node,
                       unsigned level, const struct call_graph_style *style)
{
    unsigned indent = INDENT * (level < INDENT_MAX ? level : INDENT_MAX);
    unsigned width = style->width && style->width < WIDTH_LEAST ? WIDTH_LEAST : style->width;
    fprintf(stream, "%*" PRIu64, CALLS_WIDTH, node->calls);
    write_time(stream, node->returned, node->total_ns);
    write_time(stream, node->returned, node->self_ns);
    size_t used = USED_WIDTH + indent;
    if (call_graph_has_cpu(graph)) {
        write_time(stream, node->cpu.is_known, (int64_t)node->cpu.cpu_ns);
        write_time(stream, node->cpu.is_known, (int64_t)node->cpu.wait_ns);
        used += 2 * TIME_WIDTH;
    }
    fprintf(stream, "  %*s", (int)indent, "");
    shown_name_write(stream, call_graph_name(graph, node),
                     width == 0     ? 0
                     : width > used ? width - used
                                    : SHOWN_NAME_MIN);
    putc('\n', stream);
}

size_t call_graph_write(const struct call_graph *graph, FILE *stream,
                        const struct call_graph_style *style)
{
    size_t n = 0;
    unsigned level = 0;
    fprintf(stream, "%s%*s %*s %*s", style->colours ? "\033[1m" : "", CALLS_WIDTH, "CALLS",
            DURATION_TEXT_MAX, "TOTAL", DURATION_TEXT_MAX, "SELF");
    if (call_graph_has_cpu(graph))
        fprintf(stream, " %*s %*s", DURATION_TEXT_MAX, "CPU", DURATION_TEXT_MAX, "WAIT");
    fprintf(stream, "  FUNCTION%s\n", style->colours ? "\033[0m" : "");
    uint32_t index = first_shown(graph, call_graph_node(graph, 0)->first, style);
    while (index) {
        const struct graph_node *node = call_graph_node(graph, index);
        write_node(stream, graph, node, level, style);
        n++;
        uint32_t next = first_shown(graph, node->first, style);
        level += next != 0;
        while (!next && index) {
            next = first_shown(graph, call_graph_node(graph, index)->next, style);
            if (next)
                break;
            index = call_graph_node(graph, index)->parent;
            level -= level > 0;
        }
        index = next;
    }
    return n;
}
