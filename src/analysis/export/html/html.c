/* SPDX-License-Identifier: MIT */
/*
 * A page that needs nothing else: the table of a report, a flame graph, a timeline. Its data are in
 * blocks between the two parts of html/page.h. Table and flame graph are those of report and graph,
 * made at the same reading.
 *
 * No text of a trace stands in the page as it is: all are in compressed blocks in base64, from
 * which the page's script takes them as text, never as HTML.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_graph.h"
#include "analysis/call_visitors.h"
#include "analysis/export/formats.h"
#include "analysis/export/html/deflated.h"
#include "analysis/export/html/facts.h"
#include "analysis/export/html/kept_calls.h"
#include "analysis/export/html/page.h"
#include "analysis/export/html/paths.h"
#include "analysis/export/value_json.h"
#include "analysis/trace_profile.h"
#include "util/spool.h"
#include "util/vec.h"

/* The blocks, by the `id` of their elements: block_ids. */
enum html_block {
    BLOCK_FACTS,
    BLOCK_PATHS,
    BLOCK_NAMES,
    BLOCK_KINDS,
    BLOCK_TIMES,
    BLOCK_TEXTS,
    BLOCKS
};

static const char *const block_ids[BLOCKS] = {"block-facts", "block-paths", "block-names",
                                              "block-kinds", "block-times", "block-texts"};

struct html {
    struct trace_profile *profile;
    struct call_graph *graph;
    struct kept_calls *calls;
    struct call_visitors visitors;
    VEC(uint32_t) function_of; /* by the function's id: 1 + the number below; 0: it has none yet */
    VEC(const struct traced_function *) functions;
    VEC(const struct export_thread *) threads;
    VEC(struct trace_gap) gaps;
    uint64_t more_gaps;
    FILE *scratch; /* into the text below, again and again */
    char *text;
    size_t text_size;
    struct spool *spool; /* the blocks */
    FILE *blocks[BLOCKS];
    uint64_t texts_size;
};

/* ---- while the trace is read ---- */

static int html_begin(struct export *export)
{
    const struct trace_profile_options profile = {.by = BY_FUNCTION,
                                                  .costs = export->options.costs};
    const struct call_graph_options graph = {.costs = export->options.costs};
    struct html *html = calloc(1, sizeof(*html));
    export->state = html;
    if (!html || !(html->scratch = open_memstream(&html->text, &html->text_size)) ||
        !(html->profile = trace_profile_new(&profile)) || !(html->graph = call_graph_new(&graph)))
        return -ENOMEM;
    int rc = kept_calls_new(&html->calls);
    return rc < 0 ? rc : spool_new(&html->spool);
}

static void html_release(struct export *export)
{
    struct html *html = export->state;
    for (size_t i = 0; i < BLOCKS; i++)
        if (html->blocks[i])
            fclose(html->blocks[i]);
    if (html->scratch)
        fclose(html->scratch);
    free(html->text);
    trace_profile_free(html->profile);
    call_graph_free(html->graph);
    kept_calls_free(html->calls);
    spool_free(html->spool);
    vec_free(&html->function_of);
    vec_free(&html->functions);
    vec_free(&html->threads);
    vec_free(&html->gaps);
    free(html);
}

static struct call_visitor html_visitor(struct export *export)
{
    struct html *html = export->state;
    const struct call_visitor calls = export_calls_visitor(export);
    const struct call_visitor profile = trace_profile_visitor(html->profile);
    const struct call_visitor graph = call_graph_visitor(html->graph);
    call_visitors_add(&html->visitors, &calls);
    call_visitors_add(&html->visitors, &profile);
    call_visitors_add(&html->visitors, &graph);
    return call_visitors_visitor(&html->visitors);
}

/* The number of the function in the page, or -ENOMEM. */
static int64_t html_function(struct html *html, const struct traced_function *function)
{
    while (html->function_of.count <= function->id)
        if (!vec_push(&html->function_of))
            return -ENOMEM;
    uint32_t *number = &html->function_of.items[function->id];
    if (*number == 0) {
        const struct traced_function **place = vec_push(&html->functions);
        if (!place)
            return -ENOMEM;
        *place = function;
        *number = (uint32_t)html->functions.count;
    }
    return *number - 1;
}

static int html_note_thread(struct html *html, const struct export_thread *thread)
{
    while (html->threads.count <= thread->number)
        if (!vec_push(&html->threads))
            return -ENOMEM;
    html->threads.items[thread->number] = thread;
    return 0;
}

/* The results as JSON; NULL: there are none. -ENOMEM. */
static int html_results(struct html *html, const struct trace_event *exit, const char **results)
{
    *results = NULL;
    if (!exit)
        return 0;
    rewind(html->scratch);
    size_t n = value_json_write(html->scratch, exit, JSON_NUMBERS_EXACT);
    putc('\0', html->scratch);
    if (fflush(html->scratch) != 0)
        return -ENOMEM;
    if (n)
        *results = html->text;
    return 0;
}

static int html_enter(struct export *export, const struct exported_call *call, uint64_t now_ns,
                      const struct trace_event *entry)
{
    struct html *html = export->state;
    (void)now_ns;
    (void)entry;
    int rc = html_note_thread(html, call->thread);
    return rc < 0 ? rc : kept_calls_enter(html->calls, call);
}

static int html_leave(struct export *export, const struct exported_call *call, uint64_t now_ns,
                      const struct trace_event *exit)
{
    struct html *html = export->state;
    const char *results;
    int64_t function = html_function(html, call->function);
    int rc = html_results(html, exit, &results);
    if (rc < 0 || function < 0)
        return -ENOMEM;
    return kept_calls_leave(html->calls, call, (uint32_t)function, now_ns,
                            export_duration(export, &call->times), results);
}

static int html_lone_exit(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *exit)
{
    struct html *html = export->state;
    const char *results;
    int64_t function = html_function(html, call->function);
    int rc = html_results(html, exit, &results);
    if (rc < 0 || function < 0 || html_note_thread(html, call->thread) < 0)
        return -ENOMEM;
    return kept_calls_exit(html->calls, call, (uint32_t)function, now_ns,
                           export_duration(export, &call->times), results);
}

static int html_gap(struct export *export, const struct trace_gap *gap)
{
    struct html *html = export->state;
    if (html->gaps.count >= HTML_GAPS_MAX) {
        html->more_gaps++;
        return 0;
    }
    struct trace_gap *place = vec_push(&html->gaps);
    if (!place)
        return -ENOMEM;
    *place = *gap;
    return 0;
}

/* ---- afterwards ---- */

static int open_blocks(struct html *html)
{
    for (uint32_t i = 0; i < BLOCKS; i++) {
        html->blocks[i] =
            deflated_open(html->spool, i, i == BLOCK_TEXTS ? &html->texts_size : NULL);
        if (!html->blocks[i])
            return -ENOMEM;
    }
    return 0;
}

static int close_blocks(struct html *html)
{
    int rc = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        bool failed = ferror(html->blocks[i]);
        if ((fclose(html->blocks[i]) != 0 || failed) && rc == 0)
            rc = errno ? -errno : -EIO;
        html->blocks[i] = NULL;
    }
    return rc;
}

static int fill_blocks(struct export *export, struct html_facts *facts)
{
    struct html *html = export->state;
    const struct kept_columns columns = {
        .kinds = html->blocks[BLOCK_KINDS],
        .times = html->blocks[BLOCK_TIMES],
        .texts = html->blocks[BLOCK_TEXTS],
        .texts_size = &html->texts_size,
    };
    int rc = kept_calls_write(html->calls, &columns, &facts->kept);
    if (rc == 0)
        rc = call_graph_finish(html->graph);
    if (rc < 0)
        return rc;
    int64_t n = html_paths_write(html->graph, html->blocks[BLOCK_PATHS], html->blocks[BLOCK_NAMES],
                                 &facts->min_node_ns);
    if (n < 0)
        return (int)n;
    facts->n_nodes = (uint64_t)n;
    return html_facts_write(html->blocks[BLOCK_FACTS], facts, html->profile);
}

/* What is not in the page, to be said. */
static void note_limits(struct export *export, const struct html_facts *facts)
{
    const struct kept_counts *kept = &facts->kept;
    if (kept->grouped)
        snprintf(export->limits[0], sizeof(export->limits[0]),
                 "the timeline shows the %" PRIu64 " longest calls of %" PRIu64
                 "; shorter ones are shown in groups",
                 kept->calls, kept->calls + kept->grouped);
    if (kept->without_texts)
        snprintf(export->limits[1], sizeof(export->limits[1]),
                 "the arguments and results of %" PRIu64 " calls are left out: they would make the "
                 "page too large",
                 kept->without_texts);
    if (facts->min_node_ns)
        snprintf(export->limits[2], sizeof(export->limits[2]),
                 "the flame graph has no paths of less than %" PRIu64 " ns: there are more than %d",
                 facts->min_node_ns, HTML_PATHS_MAX);
}

static int write_block(const struct html *html, uint32_t block, FILE *stream)
{
    fprintf(stream, "<script type=\"text/plain\" id=\"%s\">", block_ids[block]);
    FILE *base64 = base64_open(stream);
    if (!base64)
        return -ENOMEM;
    int rc = spool_copy(html->spool, block, base64);
    if (fclose(base64) != 0 && rc == 0)
        rc = -ENOMEM;
    fputs("</script>\n", stream);
    return rc;
}

static int html_end(struct export *export)
{
    struct html *html = export->state;
    struct html_facts facts = {
        .export = export,
        .begin_ns = kept_calls_begin_ns(html->calls),
        .functions = html->functions.items,
        .n_functions = html->functions.count,
        .threads = html->threads.items,
        .n_threads = html->threads.count,
        .gaps = html->gaps.items,
        .n_gaps = html->gaps.count,
        .more_gaps = html->more_gaps,
    };
    export->n_unplaced = call_graph_unplaced(html->graph);
    int rc = open_blocks(html);
    if (rc == 0)
        rc = fill_blocks(export, &facts);
    if (rc == 0)
        rc = close_blocks(html);
    if (rc < 0)
        return rc;
    note_limits(export, &facts);
    fwrite(html_page_before, 1, (size_t)(html_page_before_end - html_page_before), export->stream);
    for (uint32_t i = 0; rc == 0 && i < BLOCKS; i++)
        rc = write_block(html, i, export->stream);
    fwrite(html_page_after, 1, (size_t)(html_page_after_end - html_page_after), export->stream);
    return rc;
}

const struct export_format export_html = {
    .name = "html",
    .what = "a page with a table, a flame graph and a timeline",
    .keeps_arguments = true,
    .begin = html_begin,
    .enter = html_enter,
    .leave = html_leave,
    .lone_exit = html_lone_exit,
    .gap = html_gap,
    .visitor = html_visitor,
    .end = html_end,
    .release = html_release,
};
