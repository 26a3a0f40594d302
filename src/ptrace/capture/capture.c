/* SPDX-License-Identifier: MIT */
#include "ptrace/capture/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture_internal.h"
#include "ptrace/capture/extra_fields.h"
#include "ptrace/os/spans.h"
#include "util/addr.h"

/* TEXT_LEAST: enough for "(bad address)", for 128 bits in hex and for the name of a function,
   whatever the string limit. */
enum { TEXT_LEAST = 255, WIDEST = 4 };

size_t capture_extra_text(const struct capture *capture)
{
    return PROBE_FIELDS_MAX * capture->text_room;
}

int capture_init(struct capture *capture, size_t string_limit)
{
    if (string_limit == 0)
        string_limit = HIT_STRING_DEFAULT;
    if (string_limit > HIT_STRING_MAX)
        string_limit = HIT_STRING_MAX;
    capture->string_limit = string_limit;
    capture->text_room = (string_limit > TEXT_LEAST ? string_limit : TEXT_LEAST) + 1;
    capture->text = malloc(capture_extra_text(capture) + EXTRA_FIELDS_TEXT_SIZE);
    capture->wide = malloc(PROBE_FIELDS_MAX * capture->text_room * WIDEST);
    capture->bytes = malloc((size_t)PROBE_POINTEES_MAX * PROBE_POINTEE_MAX);
    return capture->text && capture->wide && capture->bytes ? 0 : -ENOMEM;
}

void capture_free(struct capture *capture)
{
    free(capture->text);
    free(capture->wide);
    free(capture->bytes);
    capture->text = capture->wide = NULL;
    capture->bytes = NULL;
}

/* ---- the next read */

_Static_assert((int)SPANS_MAX >=
                   1 + (int)PROBE_POINTEES_MAX + (int)PROBE_FIELDS_MAX + (int)CAPTURE_OWN_MAX,
               "all of a hit in one read");

static void add_span(struct capture *capture, struct span span)
{
    capture->spans[capture->n_spans++] = span;
}

static void plan_stack(struct capture *capture)
{
    size_t size = capture->set.stack_args;
    if (capture->stack_state != CAPTURE_WAITING)
        return;
    if (size == 0) {
        capture->stack_state = CAPTURE_DONE;
        return;
    }
    capture->stack_state = CAPTURE_READING;
    add_span(capture, (struct span){.at = arch_stack_args(capture->source.regs).value,
                                    .to = capture->stack,
                                    .n = size < PROBE_STACK_MAX ? size : PROBE_STACK_MAX});
}

static void plan_pointee(struct capture *capture, size_t i)
{
    const struct pointee *pointee = &capture->set.pointees[i];
    struct captured_pointee *captured = &capture->pointees[i];
    uint64_t address;
    if (captured->state != CAPTURE_WAITING || !capture_has(capture, &pointee->address))
        return;
    enum pointee_state outer = capture_pointee_state(capture, &pointee->address);
    captured->state = CAPTURE_DONE;
    captured->got = 0;
    if (!capture_load_word(capture, &pointee->address, &address)) {
        captured->result = outer == POINTEE_NULL ? POINTEE_NULL : POINTEE_BAD;
    } else if (address == 0) {
        captured->result = POINTEE_NULL;
    } else {
        captured->state = CAPTURE_READING;
        add_span(capture, (struct span){.at = address + (uint64_t)pointee->low,
                                        .to = capture->bytes + i * PROBE_POINTEE_MAX,
                                        .n = pointee->size});
    }
}

static void plan_string(struct capture *capture, struct captured_string *string)
{
    const struct field *field = &capture->set.fields[string->field];
    if (string->state == CAPTURE_WAITING && capture_has(capture, &field->place) &&
        (field->second.kind == PLACE_NONE || capture_has(capture, &field->second)))
        captured_string_begin(capture, string, string->field);
    if (string->state == CAPTURE_READING)
        add_span(capture, captured_string_span(capture, string));
}

/* Sets the spans of the next read. The stack or a pointee that turns out to need no read may be all
   that a later pointee waits for. */
static void plan(struct capture *capture)
{
    capture->n_spans = 0;
    plan_stack(capture);
    for (size_t i = 0; i < capture->set.n_pointees; i++)
        plan_pointee(capture, i);
    for (size_t i = 0; i < capture->n_strings; i++)
        plan_string(capture, &capture->strings[i]);
}

/* Takes the results of the read of these spans. */
static void take_spans(struct capture *capture)
{
    const struct span *span = capture->spans;
    if (capture->stack_state == CAPTURE_READING) {
        capture->stack_got = span++->got;
        capture->stack_state = CAPTURE_DONE;
    }
    for (size_t i = 0; i < capture->set.n_pointees; i++) {
        struct captured_pointee *captured = &capture->pointees[i];
        if (captured->state != CAPTURE_READING)
            continue;
        captured->got = (uint16_t)span->got;
        captured->result = span->got == span->n ? POINTEE_READ : POINTEE_BAD;
        captured->state = CAPTURE_DONE;
        span++;
    }
    for (size_t i = 0; i < capture->n_strings; i++)
        if (capture->strings[i].state == CAPTURE_READING)
            captured_string_take(capture, &capture->strings[i], span++);
    capture->n_spans = 0;
}

/* ---- a hit */

void capture_begin(struct capture *capture, const struct capture_set *set,
                   const struct capture_source *source)
{
    capture->set = *set;
    capture->source = *source;
    capture->stack_state = CAPTURE_WAITING;
    capture->stack_got = 0;
    capture->n_strings = 0;
    for (size_t i = 0; i < set->n_pointees; i++)
        capture->pointees[i].state = CAPTURE_WAITING;
    for (size_t i = 0; i < set->n; i++)
        if (set->fields[i].kind == VALUE_STRING)
            capture->strings[capture->n_strings++] =
                (struct captured_string){.state = CAPTURE_WAITING, .field = i};
    plan(capture);
}

void capture_read(struct capture *capture, struct span *own, size_t n)
{
    struct span all[SPANS_MAX];
    if (n > CAPTURE_OWN_MAX)
        n = CAPTURE_OWN_MAX;
    memcpy(all, own, n * sizeof(*all));
    memcpy(all + n, capture->spans, capture->n_spans * sizeof(*all));
    if (n + capture->n_spans == 0)
        return;
    capture->reads += capture->source.read(capture->source.data, all, n + capture->n_spans);
    for (size_t i = 0; i < n; i++)
        own[i].got = all[i].got;
    memcpy(capture->spans, all + n, capture->n_spans * sizeof(*all));
    take_spans(capture);
}

void capture_finish(struct capture *capture, const struct arch_float_regs *floats)
{
    capture->source.floats = floats;
    /* Spans that are planned and not read yet come first. */
    while (capture->n_spans || (plan(capture), capture->n_spans)) {
        capture->reads +=
            capture->source.read(capture->source.data, capture->spans, capture->n_spans);
        take_spans(capture);
    }
    for (size_t i = 0; i < capture->set.n; i++) {
        if (value_is_text(capture->set.fields[i].kind))
            capture->values[i] = i * capture->text_room;
        if (capture->set.fields[i].kind != VALUE_STRING)
            capture_set_value(capture, i);
    }
}
