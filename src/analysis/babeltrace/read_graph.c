/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/read_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/babeltrace/bt_error.h"
#include "analysis/babeltrace/glib_messages.h"
#include "analysis/babeltrace/metadata_check.h"
#include "analysis/babeltrace/stream_check.h"
#include "analysis/babeltrace/trace_dirs.h"
#include "util/text.h"
#include "util/vec.h"

enum { LIVE_WAIT_MS = 100 };

/* The directories of one trace. */
struct trace_group {
    char *name;       /* NULL: this directory is alone */
    bt_value *inputs; /* an array of paths */
};

struct read_graph {
    char *path;
    bool is_live;
    struct trace_dirs dirs;
    uint64_t stream_bytes;
    VEC(struct trace_group) groups;
    const bt_plugin *ctf, *utils;
    bt_graph *graph;
    const bt_component_filter *muxer;
    bt_graph_simple_sink_component_consume_func consume;
    void *data;
};

static int find_plugin(const char *name, const bt_plugin **plugin, struct error *err)
{
    if (bt_plugin_find(name, BT_FALSE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, plugin) ==
        BT_PLUGIN_FIND_STATUS_OK)
        return 0;
    bt_error_forget();
    return error_set(err, -ENOENT, "libbabeltrace2 has no plugin '%s': is it installed completely?",
                     name);
}

/* ---- directories of one trace ---- */

/* Asks the plugin for the name of the trace in a directory. NULL: it has none. */
static char *group_name(const struct read_graph *graph, const char *path)
{
    const bt_component_class_source *source =
        bt_plugin_borrow_source_component_class_by_name_const(graph->ctf, "fs");
    bt_value *params = bt_value_map_create();
    bt_query_executor *query = NULL;
    const bt_value *result = NULL, *group = NULL;
    char *name = NULL;
    if (source && params && bt_value_map_insert_string_entry(params, "input", path) == 0 &&
        bt_value_map_insert_string_entry(params, "type", "directory") == 0)
        query = bt_query_executor_create(bt_component_class_source_as_component_class_const(source),
                                         "babeltrace.support-info", params);
    if (query && bt_query_executor_query(query, &result) == BT_QUERY_EXECUTOR_QUERY_STATUS_OK &&
        bt_value_is_map(result))
        group = bt_value_map_borrow_entry_value_const(result, "group");
    if (group && bt_value_is_string(group))
        name = strdup(bt_value_string_get(group));
    bt_error_forget();
    bt_value_put_ref(result);
    bt_query_executor_put_ref(query);
    bt_value_put_ref(params);
    return name;
}

static int add_directory(struct read_graph *graph, const char *path)
{
    char *name = group_name(graph, path);
    struct trace_group *group = NULL;
    for (size_t i = 0; name && i < graph->groups.count && !group; i++)
        if (graph->groups.items[i].name && strcmp(graph->groups.items[i].name, name) == 0)
            group = &graph->groups.items[i];
    if (group) {
        free(name);
    } else {
        group = vec_push(&graph->groups);
        if (!group) {
            free(name);
            return -ENOMEM;
        }
        group->name = name;
        group->inputs = bt_value_array_create();
    }
    return group->inputs && bt_value_array_append_string_element(group->inputs, path) == 0
               ? 0
               : -ENOMEM;
}

/* ---- components ---- */

static int connect_port(struct read_graph *graph, const bt_port_output *output)
{
    uint64_t n = bt_component_filter_get_input_port_count(graph->muxer);
    /* The muxer adds a port whenever its last one is connected. */
    const bt_port_input *input =
        bt_component_filter_borrow_input_port_by_index_const(graph->muxer, n - 1);
    return bt_graph_connect_ports(graph->graph, output, input, NULL) ==
                   BT_GRAPH_CONNECT_PORTS_STATUS_OK
               ? 0
               : -EIO;
}

static int add_source_component(struct read_graph *graph, const char *class_name, const char *name,
                                const bt_value *params, struct error *err)
{
    const bt_component_class_source *source =
        bt_plugin_borrow_source_component_class_by_name_const(graph->ctf, class_name);
    const bt_component_source *component;
    if (!source)
        return error_set(err, -ENOENT, "libbabeltrace2 has no source.ctf.%s", class_name);
    if (bt_graph_add_source_component(graph->graph, source, name, params, BT_LOGGING_LEVEL_NONE,
                                      &component) != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
        return bt_error_set(err, graph->path);
    uint64_t n = bt_component_source_get_output_port_count(component);
    for (uint64_t i = 0; i < n; i++)
        if (connect_port(graph,
                         bt_component_source_borrow_output_port_by_index_const(component, i)) < 0)
            return bt_error_set(err, graph->path);
    return 0;
}

static int add_muxer(struct read_graph *graph, struct error *err)
{
    const bt_component_class_filter *muxer =
        bt_plugin_borrow_filter_component_class_by_name_const(graph->utils, "muxer");
    if (!muxer ||
        bt_graph_add_filter_component(graph->graph, muxer, "muxer", NULL, BT_LOGGING_LEVEL_NONE,
                                      &graph->muxer) != BT_GRAPH_ADD_COMPONENT_STATUS_OK) {
        bt_error_forget();
        return error_set(err, -ENOENT, "libbabeltrace2 has no muxer");
    }
    return 0;
}

static int add_traces(struct read_graph *graph, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < graph->groups.count; i++) {
        bt_value *params = bt_value_map_create();
        char *name = text_format("source-%zu", i);
        if (!params || !name ||
            bt_value_map_insert_entry(params, "inputs", graph->groups.items[i].inputs) != 0 ||
            bt_value_map_insert_bool_entry(params, "force-clock-class-origin-unix-epoch",
                                           BT_TRUE) != 0)
            rc = error_set(err, -ENOMEM, "out of memory");
        else
            rc = add_source_component(graph, "fs", name, params, err);
        free(name);
        bt_value_put_ref(params);
    }
    return rc;
}

static int add_live(struct read_graph *graph, struct error *err)
{
    bt_value *params = bt_value_map_create(), *inputs = bt_value_array_create();
    int rc;
    if (!params || !inputs || bt_value_array_append_string_element(inputs, graph->path) != 0 ||
        bt_value_map_insert_entry(params, "inputs", inputs) != 0 ||
        bt_value_map_insert_string_entry(params, "session-not-found-action", "fail") != 0)
        rc = error_set(err, -ENOMEM, "out of memory");
    else
        rc = add_source_component(graph, "lttng-live", "live", params, err);
    bt_value_put_ref(inputs);
    bt_value_put_ref(params);
    return rc;
}

static bt_graph_simple_sink_component_consume_func_status
consume_messages(bt_message_iterator *iterator, void *data)
{
    struct read_graph *graph = data;
    return graph->consume(iterator, graph->data);
}

static int add_sink(struct read_graph *graph, struct error *err)
{
    const bt_component_sink *sink;
    if (bt_graph_add_simple_sink_component(graph->graph, "calls", NULL, consume_messages, NULL,
                                           graph, &sink) != BT_GRAPH_ADD_COMPONENT_STATUS_OK ||
        bt_graph_connect_ports(
            graph->graph, bt_component_filter_borrow_output_port_by_index_const(graph->muxer, 0),
            bt_component_sink_borrow_input_port_by_index_const(sink, 0),
            NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
        return bt_error_set(err, graph->path);
    return 0;
}

/* ---- from outside ---- */

static int find_traces(struct read_graph *graph, struct error *err)
{
    int rc = trace_dirs_find(graph->path, &graph->dirs, err);
    for (size_t i = 0; rc == 0 && i < graph->dirs.paths.count; i++) {
        rc = metadata_check(graph->dirs.paths.items[i], err);
        if (rc == 0)
            rc = stream_check(graph->dirs.paths.items[i], &graph->stream_bytes, err);
        if (rc == 0 && add_directory(graph, graph->dirs.paths.items[i]) < 0)
            rc = error_set(err, -ENOMEM, "out of memory");
    }
    return rc;
}

static int build(struct read_graph *graph, struct error *err)
{
    /* No plugin in Python is needed. */
    setenv("LIBBABELTRACE2_DISABLE_PYTHON_PLUGINS", "1", 1);
    glib_messages_take();
    int rc = find_plugin("ctf", &graph->ctf, err);
    if (rc == 0)
        rc = find_plugin("utils", &graph->utils, err);
    if (rc == 0 && !graph->is_live)
        rc = find_traces(graph, err);
    if (rc < 0)
        return rc;
    graph->graph = bt_graph_create(0);
    if (!graph->graph)
        return error_set(err, -ENOMEM, "out of memory");
    rc = add_muxer(graph, err);
    if (rc == 0)
        rc = graph->is_live ? add_live(graph, err) : add_traces(graph, err);
    return rc == 0 ? add_sink(graph, err) : rc;
}

int read_graph_new(const char *path, struct read_graph **result, struct error *err)
{
    struct read_graph *graph = calloc(1, sizeof(*graph));
    if (!graph || !(graph->path = strdup(path))) {
        free(graph);
        return error_set(err, -ENOMEM, "out of memory");
    }
    graph->is_live = strncmp(path, "net://", 6) == 0 || strncmp(path, "net6://", 7) == 0;
    int rc = build(graph, err);
    if (rc < 0)
        read_graph_free(graph);
    else
        *result = graph;
    return rc;
}

void read_graph_free(struct read_graph *graph)
{
    if (!graph)
        return;
    bt_graph_put_ref(graph->graph);
    for (size_t i = 0; i < graph->groups.count; i++) {
        free(graph->groups.items[i].name);
        bt_value_put_ref(graph->groups.items[i].inputs);
    }
    vec_free(&graph->groups);
    trace_dirs_free(&graph->dirs);
    bt_plugin_put_ref(graph->ctf);
    bt_plugin_put_ref(graph->utils);
    bt_error_forget();
    free(graph->path);
    free(graph);
}

int read_graph_run(struct read_graph *graph, bt_graph_simple_sink_component_consume_func consume,
                   bool (*pause)(void *data), void *data, struct error *err)
{
    graph->consume = consume;
    graph->data = data;
    for (;;) {
        /* libbabeltrace2 2.0 may answer that all is well, and go on with damaged fields. */
        if (bt_error_is_set())
            return bt_error_set(err, graph->path);
        switch (bt_graph_run_once(graph->graph)) {
        case BT_GRAPH_RUN_ONCE_STATUS_OK:
            break;
        case BT_GRAPH_RUN_ONCE_STATUS_END:
            return 0;
        case BT_GRAPH_RUN_ONCE_STATUS_AGAIN: {
            struct timespec wait = {.tv_nsec = LIVE_WAIT_MS * 1000000L};
            if (!pause(data))
                return 0;
            nanosleep(&wait, NULL);
            break;
        }
        default:
            return bt_error_set(err, graph->path);
        }
    }
}

bool read_graph_is_live(const struct read_graph *graph)
{
    return graph->is_live;
}

uint64_t read_graph_events_max(const struct read_graph *graph)
{
    return graph->is_live ? UINT64_MAX : 8 * graph->stream_bytes;
}

/* ---- times ---- */

static void widen_range(const bt_value *stream, uint64_t *begin_ns, uint64_t *end_ns)
{
    const bt_value *range = bt_value_map_borrow_entry_value_const(stream, "range-ns");
    const bt_value *begin = NULL, *end = NULL;
    if (range && bt_value_is_map(range)) {
        begin = bt_value_map_borrow_entry_value_const(range, "begin");
        end = bt_value_map_borrow_entry_value_const(range, "end");
    }
    if (!begin || !end || !bt_value_is_signed_integer(begin) || !bt_value_is_signed_integer(end))
        return;
    int64_t low = bt_value_integer_signed_get(begin), high = bt_value_integer_signed_get(end);
    if (low < 0 || high < low)
        return;
    *begin_ns = (uint64_t)low < *begin_ns ? (uint64_t)low : *begin_ns;
    *end_ns = (uint64_t)high > *end_ns ? (uint64_t)high : *end_ns;
}

/* The result of babeltrace.trace-infos: an array of traces, each with an array of streams. */
static void widen_by_traces(const bt_value *traces, uint64_t *begin_ns, uint64_t *end_ns)
{
    uint64_t n = bt_value_is_array(traces) ? bt_value_array_get_length(traces) : 0;
    for (uint64_t i = 0; i < n; i++) {
        const bt_value *trace = bt_value_array_borrow_element_by_index_const(traces, i);
        const bt_value *streams = bt_value_is_map(trace)
                                      ? bt_value_map_borrow_entry_value_const(trace, "stream-infos")
                                      : NULL;
        uint64_t n_streams =
            streams && bt_value_is_array(streams) ? bt_value_array_get_length(streams) : 0;
        for (uint64_t k = 0; k < n_streams; k++) {
            const bt_value *stream = bt_value_array_borrow_element_by_index_const(streams, k);
            if (bt_value_is_map(stream))
                widen_range(stream, begin_ns, end_ns);
        }
    }
}

bool read_graph_range(const struct read_graph *graph, uint64_t *begin_ns, uint64_t *end_ns)
{
    const bt_component_class_source *source =
        bt_plugin_borrow_source_component_class_by_name_const(graph->ctf, "fs");
    *begin_ns = UINT64_MAX;
    *end_ns = 0;
    for (size_t i = 0; source && i < graph->groups.count; i++) {
        bt_value *params = bt_value_map_create();
        bt_query_executor *query = NULL;
        const bt_value *result = NULL;
        if (params &&
            bt_value_map_insert_entry(params, "inputs", graph->groups.items[i].inputs) == 0 &&
            bt_value_map_insert_bool_entry(params, "force-clock-class-origin-unix-epoch",
                                           BT_TRUE) == 0)
            query =
                bt_query_executor_create(bt_component_class_source_as_component_class_const(source),
                                         "babeltrace.trace-infos", params);
        if (query && bt_query_executor_query(query, &result) == BT_QUERY_EXECUTOR_QUERY_STATUS_OK)
            widen_by_traces(result, begin_ns, end_ns);
        bt_error_forget();
        bt_value_put_ref(result);
        bt_query_executor_put_ref(query);
        bt_value_put_ref(params);
    }
    return *end_ns >= *begin_ns;
}
