/* SPDX-License-Identifier: MIT */
#include "analysis/export/otlp_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/otlp_values.h"
#include "util/json_text.h"

/* Of the semantic conventions. */
#define SCHEMA "https://opentelemetry.io/schemas/1.44.0"

enum { BATCH_SPANS = 1000, BATCH_BYTES = 1 << 20 };

int otlp_batch_init(struct otlp_batch *batch, const struct export_options *options)
{
    batch->options = options;
    batch->span = open_memstream(&batch->span_text, &batch->span_size);
    batch->request = open_memstream(&batch->request_text, &batch->request_size);
    return batch->span && batch->request ? 0 : -ENOMEM;
}

void otlp_batch_free(struct otlp_batch *batch)
{
    for (size_t i = 0; i < OTLP_BATCH_GROUPS; i++)
        vec_free(&batch->groups[i].text);
    if (batch->span)
        fclose(batch->span);
    if (batch->request)
        fclose(batch->request);
    free(batch->span_text);
    free(batch->request_text);
}

/* The size of what was written since the stream was rewound. */
static int finish_text(FILE *stream, size_t *size)
{
    off_t length = ftello(stream);
    if (length < 0 || fflush(stream) != 0)
        return -ENOMEM;
    *size = (size_t)length;
    return 0;
}

static void write_resource(const struct otlp_batch *batch, FILE *stream,
                           const struct otlp_process *process)
{
    /* "unknown_service": resource/service.md of the semantic conventions. */
    const char *name = *process->name ? process->name : "unknown_service";
    fputs("{\"resource\":{\"attributes\":[{\"key\":\"telemetry.sdk.language\",\"value\":"
          "{\"stringValue\":\"c\"}}",
          stream);
    otlp_write_text(stream, "telemetry.sdk.name", "ptrace_tracer");
    otlp_write_text(stream, "telemetry.sdk.version", batch->options->version);
    otlp_write_text(stream, "service.name", name);
    if (process->pid)
        otlp_write_integer(stream, "process.pid", process->pid);
    if (*process->name)
        otlp_write_text(stream, "process.executable.name", process->name);
    fputs("]},\"schemaUrl\":\"" SCHEMA "\",\"scopeSpans\":[", stream);
}

static void write_scope(FILE *stream, const struct otlp_group *group, bool is_first)
{
    fprintf(stream, "%s{\"scope\":{", is_first ? "" : ",");
    if (*group->module) {
        fputs("\"name\":", stream);
        json_text_write(stream, group->module);
    }
    fputs("},\"schemaUrl\":\"" SCHEMA "\",\"spans\":[", stream);
    fwrite(group->text.items, 1, group->text.count, stream);
    fputs("]}", stream);
}

static void write_batch(struct otlp_batch *batch, FILE *stream)
{
    fputs("{\"resourceSpans\":[", stream);
    for (size_t i = 0; i < batch->n_groups; i++) {
        const struct otlp_process *process = batch->groups[i].process;
        bool is_first = true;
        if (batch->groups[i].is_written)
            continue;
        if (i > 0)
            putc(',', stream);
        write_resource(batch, stream, process);
        for (size_t j = i; j < batch->n_groups; j++) {
            if (batch->groups[j].process != process)
                continue;
            write_scope(stream, &batch->groups[j], is_first);
            batch->groups[j].is_written = true;
            is_first = false;
        }
        fputs("]}", stream);
    }
    fputs("]}", stream);
}

static int send_batch(struct otlp_batch *batch)
{
    size_t size;
    rewind(batch->request);
    write_batch(batch, batch->request);
    int rc = finish_text(batch->request, &size);
    return rc < 0 ? rc
                  : batch->options->send(batch->options->data, batch->request_text, size,
                                         batch->n_spans);
}

int otlp_batch_flush(struct otlp_batch *batch)
{
    int rc = 0;
    if (batch->n_spans == 0)
        return 0;
    if (batch->options->send) {
        rc = send_batch(batch);
    } else {
        write_batch(batch, batch->options->stream);
        putc('\n', batch->options->stream);
    }
    for (size_t i = 0; i < batch->n_groups; i++) {
        batch->groups[i].text.count = 0;
        batch->groups[i].n_spans = 0;
        batch->groups[i].is_written = false;
    }
    batch->n_groups = batch->n_spans = batch->n_bytes = 0;
    return rc;
}

static int find_group(struct otlp_batch *batch, const struct otlp_process *process,
                      const char *module, struct otlp_group **found)
{
    for (size_t i = 0; i < batch->n_groups; i++) {
        *found = &batch->groups[i];
        /* Modules of functions are many strings that may be the same. */
        if ((*found)->process == process && strcmp((*found)->module, module) == 0)
            return 0;
    }
    int rc = batch->n_groups == OTLP_BATCH_GROUPS ? otlp_batch_flush(batch) : 0;
    *found = &batch->groups[batch->n_groups++];
    (*found)->process = process;
    (*found)->module = module;
    return rc;
}

/* Room for n more characters. */
static int reserve_text(struct otlp_group *group, size_t n)
{
    size_t wanted = group->text.count + n, capacity = group->text.capacity;
    if (wanted <= capacity)
        return 0;
    capacity = wanted > 2 * capacity ? wanted : 2 * capacity;
    char *grown = realloc(group->text.items, capacity);
    if (!grown)
        return -ENOMEM;
    group->text.items = grown;
    group->text.capacity = capacity;
    return 0;
}

int otlp_batch_add(struct otlp_batch *batch, const struct otlp_process *process, const char *module)
{
    struct otlp_group *group;
    size_t size;
    int rc = finish_text(batch->span, &size);
    if (rc == 0)
        rc = find_group(batch, process, module, &group);
    if (rc == 0)
        rc = reserve_text(group, size + 1);
    if (rc < 0)
        return rc;
    if (group->n_spans++)
        group->text.items[group->text.count++] = ',';
    memcpy(group->text.items + group->text.count, batch->span_text, size);
    group->text.count += size;
    batch->n_spans++;
    batch->n_bytes += size;
    return batch->n_spans >= BATCH_SPANS || batch->n_bytes >= BATCH_BYTES ? otlp_batch_flush(batch)
                                                                          : 0;
}
