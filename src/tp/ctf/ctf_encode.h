/* SPDX-License-Identifier: MIT */
/* Records: event header, contexts and fields, packed. Values are little-endian, as both supported
   architectures are. */
#ifndef TP_CTF_CTF_ENCODE_H
#define TP_CTF_CTF_ENCODE_H

#include "tp/ctf/ctf_event.h"
#include "tp/ctf/ctf_stream.h"
#include "tp/ctf/ctf_trace.h"

enum { CTF_CONTEXTS_MAX = 8, CTF_PROCNAME_SIZE = 17 /* as LTTng's */ };

/* A hit as a record. */
struct ctf_hit_record {
    const struct ctf_event *event;
    uint32_t id;
    uint64_t time;
    const struct hit *hit;
    const enum ctf_context *contexts;
    size_t n_contexts;
    size_t context_size;
    size_t size;                      /* of the whole record: see ctf_record_measure() */
    size_t lengths[PROBE_FIELDS_MAX]; /* of texts, NUL included */
};

/* The bytes of a list of contexts. */
size_t ctf_contexts_size(const enum ctf_context *contexts, size_t n);

void ctf_record_measure(struct ctf_hit_record *record);
/* Writes record->size bytes, and overwrites up to CTF_SLACK - 1 more. */
void ctf_record_write(const struct ctf_hit_record *record, unsigned char *out);
void ctf_record_put(const struct ctf_hit_record *record, struct ctf_cursor *out);

#endif
