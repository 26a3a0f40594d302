/* SPDX-License-Identifier: MIT */
#include "analysis/event_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static const char *label_of_value(const struct field *field, uint64_t value)
{
    const struct enum_type *type = field->enumeration;
    for (size_t i = 0; type && i < type->n_labels; i++)
        if (type->labels[i].value == value)
            return type->labels[i].name;
    return NULL;
}

static double real_of(uint64_t bits)
{
    double real;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

struct event_value event_value_of(const struct trace_event *event, int i)
{
    if (i < 0)
        return (struct event_value){.kind = EVENT_VALUE_ABSENT};
    const struct field *field = &event->layout->fields[i];
    const char *text = NULL;
    uint64_t bits = trace_event_value(event, (size_t)i, &text);
    if (text)
        return (struct event_value){.kind = EVENT_VALUE_TEXT, .text = text};
    if (field->kind == VALUE_FLOAT)
        return (struct event_value){.kind = EVENT_VALUE_REAL,
                                    .real = real_of(bits),
                                    .is_float = field->size == sizeof(float)};
    const char *label = label_of_value(field, bits);
    if (label)
        return (struct event_value){
            .kind = EVENT_VALUE_TEXT, .text = label, .number = (int64_t)bits, .has_number = true};
    if (field->is_signed)
        return (struct event_value){.kind = EVENT_VALUE_SIGNED, .number = (int64_t)bits};
    return (struct event_value){.kind = EVENT_VALUE_UNSIGNED, .bits = bits};
}

enum pointee_state event_pointee_state(const struct trace_event *event, const struct field *field)
{
    const char *text;
    return field->guard && field->guard <= event->layout->n_fields
               ? (enum pointee_state)trace_event_value(event, field->guard - 1u, &text)
               : POINTEE_READ;
}

/* The shortest decimal that strtod() reads back as the same number. */
static char *real_text(double real, bool narrow)
{
    char text[64];
    for (int digits = narrow ? 6 : 15;; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, real);
        bool same = narrow ? strtof(text, NULL) == (float)real : strtod(text, NULL) == real;
        if (same || isnan(real) || digits == (narrow ? 9 : 17))
            return strdup(text);
    }
}

char *event_value_text(const struct trace_event *event, int i)
{
    struct event_value value = event_value_of(event, i);
    const struct field *field = i < 0 ? NULL : &event->layout->fields[i];
    switch (value.kind) {
    case EVENT_VALUE_ABSENT:
        break;
    case EVENT_VALUE_SIGNED:
        return text_format("%" PRId64, value.number);
    case EVENT_VALUE_UNSIGNED:
        return text_format(field->kind == VALUE_POINTER || field->kind == VALUE_WORD ? "0x%" PRIx64
                                                                                     : "%" PRIu64,
                           value.bits);
    case EVENT_VALUE_REAL:
        return real_text(value.real, field->size == sizeof(float));
    case EVENT_VALUE_TEXT:
        return strdup(value.text);
    }
    return strdup("");
}
