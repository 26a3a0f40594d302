/* SPDX-License-Identifier: MIT */
#include "tp/lttng/emit.h"

#include <errno.h>
#include <string.h>

#include <lttng/ust-ringbuffer-context.h>
#include <urcu/system.h>

#include "tp/lttng/blocking_limit.h"
#include "tp/lttng/ust_identity.h"
#include "tp/record_redirect.h"

/* A value in the form that records and filters use. */
union event_word {
    uint64_t word;
    const char *string;
};

/* The result of one hit. */
struct outcome {
    uint64_t written, lost, triggers;
};

/* A hit, prepared for all events that receive it. */
struct emission {
    struct ust_identity *identity;
    struct blocking_limit *limit;
    bool may_divert; /* one of the next two is not NULL: */
    const struct record_redirect *redirect;
    const void *only_channel;
    const struct event *event;
    const struct hit *hit;
    bool is_prepared; /* what follows is set, and the identity is the hit's */
    size_t length;    /* of the record's fields, in bytes */
    size_t alignment; /* the largest of the fields' */
    size_t string_lengths[PROBE_FIELDS_MAX]; /* NUL included */
    /* What filters and captures read: 8 bytes for each field, integers widened to 64 bits, floats
       to double, strings as pointers (ust-tracepoint-event.h, stage 3.1). */
    union event_word slots[PROBE_FIELDS_MAX];
};

/* Never called: see event_class.h. */
void event_probe_callback(void)
{
}

static void emission_prepare(struct emission *emission)
{
    const struct event *event = emission->event;
    const struct hit *hit = emission->hit;
    size_t length = 0, largest = 1;
    for (size_t i = 0; i < event->n_fields; i++) {
        const struct field *field = &event->fields[i];
        uint64_t value = i < hit->n_values ? hit->values[i] : 0;
        if (value_is_text(field->kind)) {
            const char *text = i < hit->n_values ? hit->text + value : "";
            emission->slots[i].string = text;
            emission->string_lengths[i] = strlen(text) + 1;
            length += emission->string_lengths[i];
        } else {
            size_t alignment = event_type_alignment(field);
            emission->slots[i].word = value;
            length += lttng_ust_ring_buffer_align(length, alignment) + event_type_size(field);
            largest = alignment > largest ? alignment : largest;
        }
    }
    emission->length = length;
    emission->alignment = largest;
    ust_identity_begin(emission->identity, hit);
    emission->is_prepared = true;
}

static void write_value(struct lttng_ust_channel_buffer_ops *ops,
                        struct lttng_ust_ring_buffer_ctx *ctx, const struct field *field,
                        uint64_t word)
{
    size_t size = event_type_size(field), alignment = event_type_alignment(field);
    if (field->kind == VALUE_FLOAT && size == sizeof(float)) {
        double wide;
        memcpy(&wide, &word, sizeof(wide));
        float narrow = (float)wide;
        ops->event_write(ctx, &narrow, size, alignment);
    } else if (size == 1) {
        uint8_t value = (uint8_t)word;
        ops->event_write(ctx, &value, size, alignment);
    } else if (size == 2) {
        uint16_t value = (uint16_t)word;
        ops->event_write(ctx, &value, size, alignment);
    } else if (size == 4) {
        uint32_t value = (uint32_t)word;
        ops->event_write(ctx, &value, size, alignment);
    } else {
        ops->event_write(ctx, &word, size, alignment);
    }
}

/* Whether the recorder's session and channel are active. */
static bool recorder_active(const struct lttng_ust_event_recorder *recorder)
{
    const struct lttng_ust_channel_common *channel = recorder->chan->parent;
    return CMM_ACCESS_ONCE(channel->session->active) && CMM_ACCESS_ONCE(channel->enabled);
}

/* 1: a record was written. 0: the channel is closed. Negative: no space. */
static int record(const struct emission *emission, struct lttng_ust_event_recorder *recorder,
                  struct lttng_ust_probe_ctx *probe_ctx)
{
    struct lttng_ust_channel_buffer_ops *ops = recorder->chan->ops;
    struct lttng_ust_ring_buffer_ctx ctx;
    lttng_ust_ring_buffer_ctx_init(&ctx, recorder, emission->length, (int)emission->alignment,
                                   probe_ctx);
    ust_identity_may_wait(emission->identity, blocking_limit_for(emission->limit, recorder->chan));
    int rc = ops->event_reserve(&ctx);
    if (rc == -EAGAIN) /* recording was just disabled */
        return 0;
    blocking_limit_note(emission->limit, recorder->chan, rc < 0);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < emission->event->n_fields; i++) {
        const struct field *field = &emission->event->fields[i];
        if (value_is_text(field->kind))
            ops->event_strcpy(&ctx, emission->slots[i].string, emission->string_lengths[i]);
        else
            write_value(ops, &ctx, field, emission->slots[i].word);
    }
    ops->event_commit(&ctx);
    return 1;
}

/* Whether the hit is not to be recorded here, or the redirect has taken the record. */
static bool is_diverted(const struct emission *emission,
                        const struct lttng_ust_event_recorder *recorder)
{
    const struct record_redirect *redirect = emission->redirect;
    if (emission->only_channel)
        return recorder->chan != emission->only_channel;
    if (emission->event->redirect_number < 0)
        return false;
    const struct record_place place = {recorder->chan->parent->session, recorder->chan};
    return redirect->record(redirect->data, place, (uint32_t)emission->event->redirect_number,
                            emission->hit);
}

static void notify(struct emission *emission, struct lttng_ust_event_notifier *notifier,
                   struct lttng_ust_probe_ctx *probe_ctx)
{
    struct lttng_ust_notification_ctx ctx = {
        .struct_size = sizeof(ctx),
        .eval_capture = CMM_ACCESS_ONCE(notifier->eval_capture),
    };
    if (!emission->is_prepared)
        emission_prepare(emission);
    notifier->notification_send(notifier, (const char *)emission->slots, probe_ctx, &ctx);
}

/* Whether the attached event is enabled and its filter accepts the hit. */
static bool passes(struct emission *emission, const struct lttng_ust_event_common *event,
                   struct lttng_ust_probe_ctx *probe_ctx)
{
    if (event->type == LTTNG_UST_EVENT_TYPE_RECORDER && !recorder_active(event->child))
        return false;
    if (!CMM_ACCESS_ONCE(event->enabled))
        return false;
    if (!CMM_ACCESS_ONCE(event->eval_filter))
        return true;
    if (!emission->is_prepared)
        emission_prepare(emission);
    return event->run_filter(event, (const char *)emission->slots, probe_ctx, NULL) ==
           LTTNG_UST_EVENT_FILTER_ACCEPT;
}

/* Does what the probe function of liblttng-ust's macros does (ust-tracepoint-event.h, stage 5), for
   the attached events of one type. Returns whether there are events of the other type. */
static bool emit_to(struct emission *emission, const struct lttng_ust_tracepoint_probe *probes,
                    enum lttng_ust_event_type type, struct outcome *outcome)
{
    bool others = false;
    for (const struct lttng_ust_tracepoint_probe *probe = probes; probe && probe->func; probe++) {
        if (probe->func != event_probe_callback)
            continue;
        struct lttng_ust_event_common *event = probe->data;
        struct lttng_ust_probe_ctx probe_ctx = {
            .struct_size = sizeof(probe_ctx),
            .ip = (void *)(uintptr_t)emission->hit->ip,
        };
        if (event->type != type) {
            others = true;
        } else if (passes(emission, event, &probe_ctx)) {
            if (type == LTTNG_UST_EVENT_TYPE_NOTIFIER) {
                notify(emission, event->child, &probe_ctx);
                outcome->triggers++;
                continue;
            }
            if (emission->may_divert) {
                if (is_diverted(emission, event->child))
                    continue;
                if (!emission->is_prepared)
                    emission_prepare(emission);
            }
            int rc = record(emission, event->child, &probe_ctx);
            outcome->written += rc > 0;
            outcome->lost += rc < 0;
        }
    }
    return others;
}

/* Only one thread adds at a time, so no atomic read-modify-write is needed. */
static void add_event(_Atomic uint64_t *count, uint64_t n)
{
    if (n)
        atomic_store_explicit(count, emit_count(count) + n, memory_order_relaxed);
}

static void emit(struct emit_state *state, struct emission *emission, const struct event *event,
                 const struct hit *hit)
{
    struct outcome outcome = {0};
    emission->identity = state->identity;
    emission->limit = state->limit;
    emission->event = event;
    emission->hit = hit;
    emission->is_prepared = false;
    /* What a redirect takes needs no preparation. */
    if (!emission->may_divert)
        emission_prepare(emission);
    /* Attached events are freed after all readers of this RCU domain have left. */
    lttng_ust_tp_rcu_read_lock();
    const struct lttng_ust_tracepoint_probe *probes =
        __atomic_load_n(&event->tracepoint->probes, __ATOMIC_ACQUIRE);
    /* Triggers last: a snapshot that a call triggers then contains that call. */
    if (emit_to(emission, probes, LTTNG_UST_EVENT_TYPE_RECORDER, &outcome) &&
        !emission->only_channel)
        emit_to(emission, probes, LTTNG_UST_EVENT_TYPE_NOTIFIER, &outcome);
    lttng_ust_tp_rcu_read_unlock();
    if (emission->is_prepared)
        ust_identity_end(state->identity);
    add_event(&state->counts.written, outcome.written);
    add_event(&state->counts.lost, outcome.lost);
    add_event(&state->counts.triggered, outcome.triggers > 0);
}

void emit_hit(struct emit_state *state, const struct event *event, const struct hit *hit)
{
    if (!CMM_LOAD_SHARED(event->tracepoint->state))
        return;
    struct emission emission;
    emission.redirect = state->redirect;
    emission.only_channel = NULL;
    emission.may_divert = state->redirect != NULL;
    emit(state, &emission, event, hit);
}

void emit_hit_in_channel(struct emit_state *state, const struct event *event, const struct hit *hit,
                         const void *channel)
{
    if (!CMM_LOAD_SHARED(event->tracepoint->state))
        return;
    struct emission emission;
    emission.redirect = NULL;
    emission.only_channel = channel;
    emission.may_divert = true;
    emit(state, &emission, event, hit);
}
