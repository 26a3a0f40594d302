/* SPDX-License-Identifier: MIT */
/* Calls for visitors, made without a trace: enter() and leave() as the reader announces them. */
#ifndef UNIT_ANALYSIS_CALLS_H
#define UNIT_ANALYSIS_CALLS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_visitor.h"
#include "unit/check_main.h"

enum { MADE_FUNCTIONS = 6, MADE_FIELDS = 4 };

/* Functions a to f of the module "app", the last two of "lib". */
static struct traced_function made_functions[MADE_FUNCTIONS];
static struct traced_thread made_threads[3];
static struct call_visitor made_visitor;

/* The layouts of entries and exits: an entry has `size`, `name`; an exit has `retval`, or `cpu`. */
static const struct field made_entry_fields[] = {
    {.name = "size", .kind = VALUE_INTEGER, .size = 8},
    {.name = "name", .kind = VALUE_STRING},
};
static const struct field made_exit_fields[] = {
    {.name = "retval", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
};

static const struct field made_cpu_fields[] = {
    {.name = "cpu", .kind = VALUE_INTEGER, .size = 8},
};

struct made_values {
    uint64_t number;
    const char *text;
};

static uint64_t made_value(const struct trace_event *event, size_t i, const char **text)
{
    const struct made_values *values = event->source;
    *text = i == 1 ? values->text : NULL;
    return i == 1 ? 0 : values->number;
}

static const struct event_layout made_entry = {.id = 0,
                                               .kind = HIT_ENTRY,
                                               .fields = made_entry_fields,
                                               .n_fields = 2,
                                               .extras = {-1, -1, -1, -1, -1, -1, -1},
                                               .value = made_value};
static const struct event_layout made_exit = {.id = 1,
                                              .kind = HIT_EXIT,
                                              .fields = made_exit_fields,
                                              .n_fields = 1,
                                              .extras = {-1, -1, -1, -1, -1, -1, -1},
                                              .value = made_value};

static const struct event_layout made_cpu_exit = {.id = 2,
                                                  .kind = HIT_EXIT,
                                                  .fields = made_cpu_fields,
                                                  .n_fields = 1,
                                                  .extras = {-1, -1, 0, -1, -1, -1, -1},
                                                  .value = made_value};

static inline void made_setup(struct call_visitor visitor)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    made_visitor = visitor;
    for (uint32_t i = 0; i < MADE_FUNCTIONS; i++)
        made_functions[i] = (struct traced_function){.id = i,
                                                     .module = i < 4 ? "app" : "lib",
                                                     .name = names[i],
                                                     .selected = true,
                                                     .has_exits = true};
    for (int i = 0; i < 3; i++)
        made_threads[i] = (struct traced_thread){.pid = 100, .tid = 100 + i};
    strcpy(made_threads[1].name, "worker");
}

/* The caller frees it by leave(). No assertion for each: Check writes a message for it to a file.
 */
static inline struct call *enter_with(int thread, unsigned function, struct call *parent,
                                      uint64_t now_ns, const struct made_values *values)
{
    struct call *call = calloc(1, sizeof(*call));
    if (!call)
        ck_abort_msg("out of memory");
    *call = (struct call){.function = &made_functions[function],
                          .thread = &made_threads[thread],
                          .parent = parent,
                          .entry_ns = now_ns,
                          .data = calloc(1, made_visitor.call_size + 1)};
    const struct trace_event event = {
        .layout = &made_entry, .function = call->function, .time_ns = now_ns, .source = values};
    if (made_visitor.entered(made_visitor.data, call, &event) != 0)
        ck_abort_msg("a call of %s is not taken", call->function->name);
    return call;
}

static inline struct call *enter(int thread, unsigned function, struct call *parent,
                                 uint64_t now_ns)
{
    static const struct made_values values = {64, "x"};
    return enter_with(thread, function, parent, now_ns, &values);
}

static inline void leave_by(struct call *call, uint64_t now_ns, const struct event_layout *layout,
                            uint64_t value, uint64_t duration_ns)
{
    const struct made_values values = {value, NULL};
    const struct trace_event event = {
        .layout = layout, .function = call->function, .time_ns = now_ns, .source = &values};
    call->end = CALL_RETURNED;
    call->end_ns = now_ns;
    call->has_duration = true;
    call->duration_ns = duration_ns;
    if (made_visitor.left(made_visitor.data, call, &event) != 0)
        ck_abort_msg("an end of %s is not taken", call->function->name);
    free(call->data);
    free(call);
}

static inline void leave_with(struct call *call, uint64_t now_ns, int retval)
{
    leave_by(call, now_ns, &made_exit, (uint64_t)(int64_t)retval, now_ns - call->entry_ns);
}

/* With a duration that is not the distance of two records. */
static inline void leave_recorded(struct call *call, uint64_t now_ns, uint64_t duration_ns)
{
    struct event_layout layout = made_exit;
    layout.extras[EXTRA_DURATION] = 0;
    leave_by(call, now_ns, &layout, 0, duration_ns);
}

/* Its thread was on a CPU for so long, as was recorded; 0: it is not known. */
static inline void leave_with_cpu(struct call *call, uint64_t now_ns, uint64_t cpu_ns)
{
    leave_by(call, now_ns, &made_cpu_exit, cpu_ns, now_ns - call->entry_ns);
}

static inline void leave(struct call *call, uint64_t now_ns)
{
    leave_with(call, now_ns, 0);
}

/* It returned, and no time is known of it. */
static inline void leave_untimed(struct call *call, uint64_t now_ns)
{
    const struct made_values values = {0};
    const struct trace_event event = {
        .layout = &made_exit, .function = call->function, .time_ns = now_ns, .source = &values};
    call->end = CALL_RETURNED;
    call->end_ns = now_ns;
    ck_assert_int_eq(made_visitor.left(made_visitor.data, call, &event), 0);
    free(call->data);
    free(call);
}

/* It ended in another way than by a return. */
static inline void end_as(struct call *call, uint64_t now_ns, enum call_end end)
{
    call->end = end;
    call->end_ns = now_ns;
    ck_assert_int_eq(made_visitor.left(made_visitor.data, call, NULL), 0);
    free(call->data);
    free(call);
}

/* It was left without an exit. */
static inline void unwind(struct call *call, uint64_t now_ns)
{
    end_as(call, now_ns, CALL_UNWOUND);
}

/* An exit without an entry. duration_ns: 0: it was not recorded. */
static inline void exit_alone(int thread, unsigned function, uint64_t now_ns, uint64_t duration_ns)
{
    const struct made_values values = {7, NULL};
    const struct trace_event event = {.layout = &made_exit,
                                      .function = &made_functions[function],
                                      .time_ns = now_ns,
                                      .source = &values};
    if (!made_visitor.lone_exit)
        return;
    ck_assert_int_eq(made_visitor.lone_exit(made_visitor.data, &made_threads[thread], &event, 0,
                                            duration_ns ? &duration_ns : NULL),
                     0);
}

#endif
