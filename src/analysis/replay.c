/* SPDX-License-Identifier: MIT */
#include "analysis/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/call_lines.h"
#include "util/vec.h"

struct replay {
    FILE *stream;
    struct call_lines *lines;
    struct call_visitor visitor;
    VEC(struct probe *) probes; /* by function ID: names alone */
    uint64_t n_lines;
    /* Of the event at hand. */
    struct field fields[PROBE_FIELDS_MAX];
    uint64_t values[PROBE_FIELDS_MAX];
    VEC(char) text;
};

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    call_lines_free(replay->lines);
    for (size_t i = 0; i < replay->probes.count; i++)
        free(replay->probes.items[i]);
    vec_free(&replay->probes);
    vec_free(&replay->text);
    free(replay);
}

static struct probe *probe_of(struct replay *replay, const struct traced_function *function)
{
    while (replay->probes.count <= function->id)
        if (!vec_push(&replay->probes))
            return NULL;
    struct probe **slot = &replay->probes.items[function->id];
    if (!*slot) {
        *slot = calloc(1, sizeof(**slot));
        if (!*slot)
            return NULL;
        (*slot)->provider = function->module;
        (*slot)->function = function->name;
    }
    return *slot;
}

/*
 * A number of 16 bytes is text in a trace, as it is in a hit; its type is not told. No other text
 * of an event has this form and is more than a pointer's 16 digits long, or it is a string that a
 * program has made of such a number.
 */
static bool is_hex128(const char *text)
{
    size_t digits = strncmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdef") : 0;
    return digits > 16 && digits <= 32 && text[2] != '0' && text[2 + digits] == '\0';
}

static int keep_text(struct replay *replay, const char *text, uint64_t *offset)
{
    size_t length = strlen(text) + 1;
    *offset = replay->text.count;
    if (replay->text.count + length > replay->text.capacity) {
        size_t capacity = (replay->text.count + length) * 2;
        char *items = realloc(replay->text.items, capacity);
        if (!items)
            return -ENOMEM;
        replay->text.items = items;
        replay->text.capacity = capacity;
    }
    memcpy(replay->text.items + *offset, text, length);
    replay->text.count += length;
    return 0;
}

/* Reads the values of the event for the hit. */
static int read_values(struct replay *replay, const struct trace_event *event, struct hit *hit)
{
    const struct event_layout *layout = event->layout;
    replay->text.count = 0;
    for (size_t i = 0; i < layout->n_fields; i++) {
        const char *text;
        struct field *field = &replay->fields[i];
        *field = layout->fields[i];
        replay->values[i] = trace_event_value(event, i, &text);
        if (!text)
            continue;
        if (field->kind == VALUE_STRING && is_hex128(text))
            field->kind = VALUE_HEX128;
        if (keep_text(replay, text, &replay->values[i]) < 0)
            return -ENOMEM;
    }
    hit->n_values = (unsigned)layout->n_fields;
    hit->values = replay->values;
    hit->text = replay->text.items ? replay->text.items : "";
    return 0;
}

static int put_line(struct replay *replay, const struct call_line *line)
{
    size_t length;
    const char *text = call_lines_format(replay->lines, line, &length);
    if (fwrite(text, 1, length, replay->stream) != length)
        return errno ? -errno : -EIO;
    replay->n_lines++;
    return 0;
}

static int write_line(struct replay *replay, const struct traced_thread *thread,
                      const struct trace_event *event, uint32_t depth, const uint64_t *duration_ns)
{
    struct hit hit = {
        .kind = event->layout->kind,
        .pid = thread->pid,
        .tid = thread->tid,
        .depth = depth,
        .time_ns = event->time_ns,
        .duration_ns = duration_ns ? *duration_ns : 0,
    };
    struct call_line line = {
        .hit = &hit, .real_ns = (int64_t)event->time_ns, .no_duration = !duration_ns};
    struct probe *probe = probe_of(replay, event->function);
    if (!probe || read_values(replay, event, &hit) < 0)
        return -ENOMEM;
    hit.probe = probe;
    if (hit.kind == HIT_ENTRY) {
        probe->args = replay->fields;
        probe->n_args = event->layout->n_fields;
        probe->n_arg_extras = event->layout->n_extras;
    } else {
        probe->rets = replay->fields;
        probe->n_rets = event->layout->n_fields;
        probe->n_ret_extras = event->layout->n_extras;
    }
    return put_line(replay, &line);
}

static int replay_entered(void *data, struct call *call, const struct trace_event *event)
{
    return event && call->function->selected
               ? write_line(data, call->thread, event, call->depth, NULL)
               : 0;
}

/* What the tracer has seen is in no event. */
static int write_unwound(struct replay *replay, const struct call *call)
{
    struct hit hit = {
        .kind = HIT_UNWOUND,
        .probe = probe_of(replay, call->function),
        .pid = call->thread->pid,
        .tid = call->thread->tid,
        .depth = call->exit_depth,
    };
    return hit.probe ? put_line(replay, &(struct call_line){&hit, (int64_t)call->end_ns, false})
                     : -ENOMEM;
}

static int replay_left(void *data, struct call *call, const struct trace_event *event)
{
    if (call->is_seen_unwound && call->function->selected)
        return write_unwound(data, call);
    return event && call->function->selected
               ? write_line(data, call->thread, event, call->exit_depth,
                            call->has_duration ? &call->duration_ns : NULL)
               : 0;
}

static int replay_lone_exit(void *data, struct traced_thread *thread,
                            const struct trace_event *event, uint32_t depth,
                            const uint64_t *duration_ns)
{
    return event->function->selected ? write_line(data, thread, event, depth, duration_ns) : 0;
}

struct replay *replay_new(FILE *stream, bool timestamp)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    if (!replay)
        return NULL;
    replay->stream = stream;
    replay->lines = call_lines_new(timestamp);
    replay->visitor = (struct call_visitor){.data = replay,
                                            .entered = replay_entered,
                                            .left = replay_left,
                                            .lone_exit = replay_lone_exit};
    if (!replay->lines) {
        replay_free(replay);
        return NULL;
    }
    return replay;
}

const struct call_visitor *replay_visitor(struct replay *replay)
{
    return &replay->visitor;
}

uint64_t replay_lines(const struct replay *replay)
{
    return replay->n_lines;
}
