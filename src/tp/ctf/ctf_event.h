/* SPDX-License-Identifier: MIT */
/* The events that traces may contain, and how their records are laid out. */
#ifndef TP_CTF_CTF_EVENT_H
#define TP_CTF_CTF_EVENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit.h"
#include "util/error.h"

/* How a value is stored. */
enum ctf_store {
    CTF_STORE_TEXT,
    /* 1 to 8: the value's bytes */
    CTF_STORE_FLOAT = 0x10, /* a double as float */
};

struct ctf_event {
    const char *name;
    const struct field *fields;
    unsigned n_fields;
    unsigned n_texts;
    size_t size;     /* bytes of all fields but texts */
    uint8_t store[]; /* for each field */
};

enum { CTF_EVENTS_CHUNK = 1024, CTF_EVENT_CHUNKS = 1024 };

/* One thread at a time adds; all others may read what is counted. */
struct ctf_events {
    _Atomic uint32_t n;
    _Atomic(struct ctf_event **) chunks[CTF_EVENT_CHUNKS];
};

/* Makes an event. NULL: out of memory, or with errno EINVAL a field without a type. */
struct ctf_event *ctf_event_new(const char *name, const struct field *fields, size_t n_fields);
/* Adds it as number events->n; its chunk must exist. */
void ctf_events_put(struct ctf_events *events, struct ctf_event *event);
void ctf_events_free(struct ctf_events *events);

static inline struct ctf_event *ctf_events_get(const struct ctf_events *events, uint32_t index)
{
    return atomic_load_explicit(&events->chunks[index / CTF_EVENTS_CHUNK],
                                memory_order_acquire)[index % CTF_EVENTS_CHUNK];
}

#endif
