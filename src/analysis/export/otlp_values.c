/* SPDX-License-Identifier: MIT */
#include "analysis/export/otlp_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/event_value.h"
#include "util/cleanup.h"
#include "util/json_text.h"
#include "util/text.h"

static void write_key(FILE *stream, const char *key)
{
    fputs(",{\"key\":", stream);
    json_text_write(stream, key);
    fputs(",\"value\":{", stream);
}

void otlp_write_text(FILE *stream, const char *key, const char *text)
{
    write_key(stream, key);
    fputs("\"stringValue\":", stream);
    json_text_write(stream, text);
    fputs("}}", stream);
}

void otlp_write_integer(FILE *stream, const char *key, int64_t number)
{
    write_key(stream, key);
    fprintf(stream, "\"intValue\":\"%" PRId64 "\"}}", number);
}

/* JSON has no numbers for those that are not finite: protobuf has these strings
   (https://protobuf.dev/programming-guides/json/). */
static void write_real(FILE *stream, const char *key, const struct trace_event *event, size_t i,
                       double real)
{
    cleanup(cleanup_free) char *text = event_value_text(event, (int)i);
    write_key(stream, key);
    fprintf(stream, "\"doubleValue\":%s}}",
            isnan(real)   ? "\"NaN\""
            : isinf(real) ? (real > 0 ? "\"Infinity\"" : "\"-Infinity\"")
            : text        ? text
                          : "0");
}

static void write_unsigned(FILE *stream, const char *key, enum value_kind kind, uint64_t bits)
{
    bool is_address = kind == VALUE_POINTER || kind == VALUE_WORD;
    char text[32];
    if (kind == VALUE_BOOL) {
        write_key(stream, key);
        fprintf(stream, "\"boolValue\":%s}}", bits ? "true" : "false");
    } else if (is_address || bits > INT64_MAX) {
        snprintf(text, sizeof(text), is_address ? "0x%" PRIx64 : "%" PRIu64, bits);
        otlp_write_text(stream, key, text);
    } else {
        otlp_write_integer(stream, key, (int64_t)bits);
    }
}

static size_t write_field(FILE *stream, const char *key, const struct trace_event *event, size_t i)
{
    struct event_value value = event_value_of(event, (int)i);
    switch (value.kind) {
    case EVENT_VALUE_ABSENT:
        return 0;
    case EVENT_VALUE_SIGNED:
        otlp_write_integer(stream, key, value.number);
        break;
    case EVENT_VALUE_UNSIGNED:
        write_unsigned(stream, key, event->layout->fields[i].kind, value.bits);
        break;
    case EVENT_VALUE_REAL:
        write_real(stream, key, event, i, value.real);
        break;
    case EVENT_VALUE_TEXT:
        otlp_write_text(stream, key, value.text);
        break;
    }
    return 1;
}

size_t otlp_write_fields(FILE *stream, const char *prefix, const struct trace_event *event)
{
    const struct event_layout *layout = event->layout;
    size_t n = 0;
    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct field *field = &layout->fields[i];
        if (field->place.kind == PLACE_POINTEE_STATE)
            continue;
        cleanup(cleanup_free) char *key = text_format("%s.%s", prefix, field->name);
        if (!key)
            continue;
        enum pointee_state state = event_pointee_state(event, field);
        if (state == POINTEE_READ) {
            n += write_field(stream, key, event, i);
            continue;
        }
        otlp_write_text(stream, key, state == POINTEE_NULL ? "(null)" : "(bad address)");
        n++;
    }
    return n;
}
