/* SPDX-License-Identifier: MIT */
/*
 * Probes as LTTng-UST tracepoints. Makes at run time the structures that liblttng-ust's macros make
 * at compile time (lttng/ust-tracepoint-event.h). A registered structure must not move until it is
 * unregistered.
 */
#ifndef TP_LTTNG_EVENT_CLASS_H
#define TP_LTTNG_EVENT_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lttng/tracepoint-types.h>
#include <lttng/ust-events.h>

#include "model/probe.h"
#include "tp/lttng/event_type.h"
#include "util/error.h"

/* Exported by liblttng-ust-tracepoint. Not taken from lttng/tracepoint.h: that adds constructors to
   each file, which look these functions up with dlsym(). */
int lttng_ust_tracepoint_module_register(struct lttng_ust_tracepoint *const *tracepoints, int n);
int lttng_ust_tracepoint_module_unregister(struct lttng_ust_tracepoint *const *tracepoints);
void lttng_ust_tp_rcu_read_lock(void);
void lttng_ust_tp_rcu_read_unlock(void);

/* An event, for emit_hit(). */
struct event {
    const struct lttng_ust_tracepoint *tracepoint;
    size_t n_fields;
    const struct field *fields; /* the probe's */
    int redirect_number;        /* of the record redirect; negative: it takes no records of it */
    struct event *same_hash;    /* next with the same hash in the table of names */
};

/* Events of one provider that are registered together. */
struct event_batch {
    struct event_batch *next; /* the batch added before; set before this one is published */
    size_t n_events;
    struct event *events;
    struct lttng_ust_tracepoint *tracepoints;        /* one per event, in the same order */
    struct lttng_ust_tracepoint **tracepoint_list;   /* ... as they are registered */
    struct lttng_ust_tracepoint_class *classes;      /* one per event */
    struct lttng_ust_event_desc *descs;              /* one per event */
    const struct lttng_ust_event_desc **desc_list;   /* ... as they are registered */
    struct lttng_ust_event_field *fields;            /* of all events */
    const struct lttng_ust_event_field **field_list; /* ... as they are registered */
    struct lttng_ust_probe_desc provider;
    struct lttng_ust_registered_probe *registered;
    char *text;           /* the names of provider and events */
    uint8_t *last_states; /* the state of each tracepoint when the rules were last looked at */
};

/* One event that is to be made. */
struct event_request {
    const char *name; /* without the provider */
    size_t n_fields;
    const struct field *fields;
};

/*
 * Whether LTTng takes an event of that name with those fields: one refused event would make
 * liblttng-ust refuse the whole provider, or make the trace unreadable. -EINVAL with the reason.
 */
MUST_CHECK int event_check(const char *provider, const char *name, const struct field *fields,
                           size_t n_fields, struct error *err);

/*
 * Makes and registers `n` (not 0) checked events of `provider`, in that order; the fields must
 * outlive its being registered.
 */
MUST_CHECK int event_batch_new(const char *provider, const struct event_request *requests, size_t n,
                               struct event_enums *enums, struct event_batch **batch);
/*
 * Unregisters all batches of the list. They are not freed: of an event that is in several channels
 * of a session, liblttng-ust 2.13 forgets but one when it is unregistered, and looks at the names
 * of the others when the process ends.
 */
void event_batches_retire(struct event_batch *first);

/* The probe function of our events, for liblttng-ust. emit_hit() recognizes our events by it among
   those attached to a tracepoint. */
void event_probe_callback(void);

#endif
