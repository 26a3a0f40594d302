/* SPDX-License-Identifier: MIT */
#include "analysis/export/value_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/event_value.h"
#include "util/cleanup.h"
#include "util/json_text.h"

/* A double holds all integers up to this one. */
#define DOUBLE_EXACT (INT64_C(1) << 53)

static void write_json_value(FILE *stream, const struct trace_event *event, size_t i,
                             enum json_numbers numbers)
{
    const struct field *field = &event->layout->fields[i];
    struct event_value value = event_value_of(event, (int)i);
    bool is_address = field->kind == VALUE_POINTER || field->kind == VALUE_WORD;
    const char *quote = "";
    switch (value.kind) {
    case EVENT_VALUE_ABSENT:
        fputs("null", stream);
        break;
    case EVENT_VALUE_SIGNED:
        if (numbers == JSON_NUMBERS_DOUBLE &&
            (value.number > DOUBLE_EXACT || value.number < -DOUBLE_EXACT))
            quote = "\"";
        fprintf(stream, "%s%" PRId64 "%s", quote, value.number, quote);
        break;
    case EVENT_VALUE_UNSIGNED:
        if (is_address || (numbers == JSON_NUMBERS_DOUBLE && value.bits > (uint64_t)DOUBLE_EXACT))
            quote = "\"";
        fprintf(stream, is_address ? "%s0x%" PRIx64 "%s" : "%s%" PRIu64 "%s", quote, value.bits,
                quote);
        break;
    case EVENT_VALUE_REAL: {
        cleanup(cleanup_free) char *text = event_value_text(event, (int)i);
        quote = isfinite(value.real) ? "" : "\"";
        fprintf(stream, "%s%s%s", quote, text ? text : "0", quote);
        break;
    }
    case EVENT_VALUE_TEXT:
        json_text_write(stream, value.text);
        break;
    }
}

size_t value_json_write(FILE *stream, const struct trace_event *event, enum json_numbers numbers)
{
    const struct event_layout *layout = event->layout;
    size_t n = 0;
    putc('{', stream);
    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct field *field = &layout->fields[i];
        if (field->place.kind == PLACE_POINTEE_STATE)
            continue;
        if (n++)
            fputs(", ", stream);
        json_text_write(stream, field->name);
        fputs(": ", stream);
        enum pointee_state state = event_pointee_state(event, field);
        if (state == POINTEE_READ)
            write_json_value(stream, event, i, numbers);
        else
            fputs(state == POINTEE_NULL ? "null" : "\"(bad address)\"", stream);
    }
    putc('}', stream);
    return n;
}
