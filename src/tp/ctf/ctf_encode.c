/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_encode.h"

#include <string.h>

enum { CONTEXT_BYTES_MAX = CTF_CONTEXTS_MAX * CTF_PROCNAME_SIZE };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the metadata says so");

static size_t context_size(enum ctf_context context)
{
    switch (context) {
    case CTF_CONTEXT_VPID:
    case CTF_CONTEXT_VTID:
        return sizeof(int32_t);
    case CTF_CONTEXT_PROCNAME:
        return CTF_PROCNAME_SIZE;
    case CTF_CONTEXT_IP:
        return sizeof(uint64_t);
    }
    return 0;
}

size_t ctf_contexts_size(const enum ctf_context *contexts, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += context_size(contexts[i]);
    return size;
}

static uint64_t value_at(const struct hit *hit, unsigned i)
{
    return i < hit->n_values ? hit->values[i] : 0;
}

static const char *text_at(const struct hit *hit, unsigned i)
{
    return i < hit->n_values ? hit->text + hit->values[i] : "";
}

void ctf_record_measure(struct ctf_hit_record *record)
{
    const struct ctf_event *event = record->event;
    size_t size = sizeof(struct ctf_record) + record->context_size + event->size;
    if (event->n_texts)
        for (unsigned i = 0; i < event->n_fields; i++)
            if (event->store[i] == CTF_STORE_TEXT) {
                record->lengths[i] = strlen(text_at(record->hit, i)) + 1;
                size += record->lengths[i];
            }
    record->size = size;
}

static unsigned char *put_record_head(const struct ctf_hit_record *record, unsigned char *out)
{
    struct ctf_record head = {record->id, record->time};
    memcpy(out, &head, sizeof(head));
    return out + sizeof(head);
}

static unsigned char *put_contexts(const struct ctf_hit_record *record, unsigned char *out)
{
    const struct hit *hit = record->hit;
    for (size_t i = 0; i < record->n_contexts; i++)
        switch (record->contexts[i]) {
        case CTF_CONTEXT_VPID:
        case CTF_CONTEXT_VTID: {
            int32_t id = record->contexts[i] == CTF_CONTEXT_VPID ? hit->pid : hit->tid;
            memcpy(out, &id, sizeof(id));
            out += sizeof(id);
            break;
        }
        case CTF_CONTEXT_PROCNAME: {
            const char *name = hit->thread_name ? hit->thread_name : "";
            size_t n = strnlen(name, CTF_PROCNAME_SIZE - 2); /* comm has up to 15 bytes */
            memcpy(out, name, n);
            memset(out + n, 0, CTF_PROCNAME_SIZE - n);
            out += CTF_PROCNAME_SIZE;
            break;
        }
        case CTF_CONTEXT_IP:
            memcpy(out, &hit->ip, sizeof(hit->ip));
            out += sizeof(hit->ip);
            break;
        }
    return out;
}

static size_t store_as_float(uint64_t word, unsigned char *out)
{
    double wide;
    memcpy(&wide, &word, sizeof(wide));
    float narrow = (float)wide;
    memcpy(out, &narrow, sizeof(narrow));
    return sizeof(narrow);
}

/* A value that is no text: up to 8 bytes at `out`, of which those of the field count. Returns their
   number. */
static size_t put_value(enum ctf_store store, uint64_t word, unsigned char *out)
{
    if (store == CTF_STORE_FLOAT)
        return store_as_float(word, out);
    memcpy(out, &word, sizeof(word));
    return store;
}

void ctf_record_write(const struct ctf_hit_record *record, unsigned char *out)
{
    const struct ctf_event *event = record->event;
    out = put_record_head(record, out);
    if (record->n_contexts)
        out = put_contexts(record, out);
    for (unsigned i = 0; i < event->n_fields; i++) {
        enum ctf_store store = event->store[i];
        if (store == CTF_STORE_TEXT) {
            memcpy(out, text_at(record->hit, i), record->lengths[i]);
            out += record->lengths[i];
        } else {
            out += put_value(store, value_at(record->hit, i), out);
        }
    }
}

void ctf_record_put(const struct ctf_hit_record *record, struct ctf_cursor *out)
{
    const struct ctf_event *event = record->event;
    unsigned char bytes[sizeof(struct ctf_record) + CONTEXT_BYTES_MAX];
    ctf_cursor_put(out, bytes,
                   (size_t)(put_contexts(record, put_record_head(record, bytes)) - bytes));
    for (unsigned i = 0; i < event->n_fields; i++) {
        enum ctf_store store = event->store[i];
        unsigned char value[sizeof(uint64_t)];
        if (store == CTF_STORE_TEXT)
            ctf_cursor_put(out, text_at(record->hit, i), record->lengths[i]);
        else
            ctf_cursor_put(out, value, put_value(store, value_at(record->hit, i), value));
    }
}
