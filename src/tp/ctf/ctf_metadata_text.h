/* SPDX-License-Identifier: MIT */
/* The text of a trace's metadata (CTF 1.8.3, appendix C: TSDL), in the form of LTTng's. */
#ifndef TP_CTF_CTF_METADATA_TEXT_H
#define TP_CTF_CTF_METADATA_TEXT_H

#include <stdio.h>

#include "tp/ctf/ctf_event.h"
#include "tp/ctf/ctf_packet.h"
#include "tp/ctf/ctf_trace.h"

/* What the metadata says of the trace. */
struct ctf_description {
    uint8_t uuid[CTF_UUID_SIZE];
    char hostname[256];
    char created[32]; /* "20260131T120000+0000" */
    char boot_id[64]; /* the clock's UUID; "": not known */
    char *trace_name; /* NULL: none */
    int64_t clock_offset;
};

/* Fills all but trace_name and clock_offset. */
MUST_CHECK int ctf_description_init(struct ctf_description *description);

void ctf_text_trace(FILE *out, const struct ctf_description *description);
void ctf_text_stream(FILE *out, uint32_t id, const enum ctf_context *contexts, size_t n);
MUST_CHECK int ctf_text_event(FILE *out, const struct ctf_event *event, uint32_t id,
                              uint32_t stream_id);

#endif
