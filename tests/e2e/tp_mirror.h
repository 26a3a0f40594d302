/* SPDX-License-Identifier: MIT */
/* The second trace of tp_driver.c: of our own CTF writer, with the hits that LTTng gets. */
#ifndef TP_MIRROR_H
#define TP_MIRROR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tp/ctf/ctf_trace.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/vec.h"

struct mirror_event {
    const struct probe *probe;
    enum hit_kind kind;
    char *name;
    uint32_t index;
};

struct mirror {
    struct ctf_writer *writer; /* NULL: there is no second trace */
    struct ctf_trace *trace;
    struct ctf_channel *channel;
    VEC(struct mirror_event) events;
};

/* The trace is in a new directory; the names of contexts follow it. */
static inline int mirror_open(struct mirror *mirror, char *arguments, struct error *err)
{
    static const char *const names[] = {"vpid", "vtid", "procname", "ip"};
    enum ctf_context contexts[8];
    size_t n = 0;
    struct ctf_trace_request request = {.directory = strtok(arguments, " ")};
    for (char *word; n < 8 && (word = strtok(NULL, " "));)
        for (int i = 0; i < 4; i++)
            if (strcmp(word, names[i]) == 0)
                contexts[n++] = (enum ctf_context)i;
    int rc = ctf_writer_new(&mirror->writer, err);
    if (rc == 0)
        rc = ctf_trace_new(mirror->writer, &request, &mirror->trace, err);
    if (rc == 0)
        rc = ctf_trace_add_channel(mirror->trace, contexts, n, &mirror->channel, err);
    return rc;
}

static inline uint32_t mirror_event(struct mirror *mirror, const struct probe *probe,
                                    enum hit_kind kind)
{
    for (size_t i = 0; i < mirror->events.count; i++)
        if (mirror->events.items[i].probe == probe && mirror->events.items[i].kind == kind)
            return mirror->events.items[i].index;
    bool entry = kind == HIT_ENTRY;
    struct mirror_event *event = vec_push(&mirror->events);
    char *name =
        text_format("%s:%s", probe->provider, entry ? probe->entry_event : probe->exit_event);
    if (!event || !name)
        abort();
    int index = ctf_writer_add_event(mirror->writer, name, entry ? probe->args : probe->rets,
                                     entry ? probe->n_args : probe->n_rets);
    if (index < 0)
        abort();
    *event = (struct mirror_event){probe, kind, name, (uint32_t)index};
    return event->index;
}

static inline void mirror_hit(struct mirror *mirror, const struct hit *hit)
{
    if (!mirror->writer)
        return;
    struct hit now = *hit;
    now.time_ns = clock_now_ns();
    if (ctf_channel_write(mirror->channel, mirror_event(mirror, hit->probe, hit->kind), &now) != 1)
        abort();
}

static inline void mirror_close(struct mirror *mirror)
{
    ctf_writer_free(mirror->writer);
    for (size_t i = 0; i < mirror->events.count; i++)
        free(mirror->events.items[i].name);
    vec_free(&mirror->events);
}

#endif
