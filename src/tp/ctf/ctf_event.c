/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_event.h"

#include <errno.h>
#include <stdlib.h>

#include "tp/event_fields.h"

struct ctf_event *ctf_event_new(const char *name, const struct field *fields, size_t n_fields)
{
    struct ctf_event *event = calloc(1, sizeof(*event) + n_fields);
    if (!event)
        return NULL;
    event->name = name;
    event->fields = fields;
    event->n_fields = (unsigned)n_fields;
    for (size_t i = 0; i < n_fields; i++) {
        struct event_form form = event_form_of(&fields[i]);
        event->size += form.size;
        switch (form.kind) {
        case EVENT_FORM_INTEGER:
        case EVENT_FORM_ENUM:
            event->store[i] = form.size;
            break;
        case EVENT_FORM_FLOAT:
            event->store[i] = form.size == sizeof(float) ? CTF_STORE_FLOAT : form.size;
            break;
        case EVENT_FORM_STRING:
            event->store[i] = CTF_STORE_TEXT;
            event->n_texts++;
            break;
        case EVENT_FORM_NONE:
            free(event);
            errno = EINVAL;
            return NULL;
        }
    }
    return event;
}

void ctf_events_put(struct ctf_events *events, struct ctf_event *event)
{
    uint32_t index = events->n;
    events->chunks[index / CTF_EVENTS_CHUNK][index % CTF_EVENTS_CHUNK] = event;
    atomic_store_explicit(&events->n, index + 1, memory_order_release);
}

void ctf_events_free(struct ctf_events *events)
{
    for (uint32_t i = 0; i < events->n; i++)
        free(ctf_events_get(events, i));
    for (size_t i = 0; i < CTF_EVENT_CHUNKS; i++)
        free(events->chunks[i]);
}
