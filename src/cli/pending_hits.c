/* SPDX-License-Identifier: MIT */
#include "cli/pending_hits.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum {
    NAME_MAX_SIZE = 16, /* of a thread's name (proc_pid_comm(5)) */
    KEPT = 64 << 10,    /* bytes of the memory that stay in use when there are no hits */
};

/* Followed by the values, and then the text. */
struct pending_hit {
    size_t size; /* of all, a multiple of 8 */
    struct record_place place;
    uint32_t event;
    struct hit hit; /* without its pointers */
    bool has_name;
    char name[NAME_MAX_SIZE];
};

int pending_hits_init(struct pending_hits *pending, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    *pending = (struct pending_hits){.memory = memory, .size = size};
    return 0;
}

void pending_hits_destroy(struct pending_hits *pending)
{
    if (pending->memory)
        munmap(pending->memory, pending->size);
    pending->memory = NULL;
}

/* The bytes of the hit's text that its values refer to. */
static size_t text_length(const struct hit *hit)
{
    const struct field *fields = hit->kind == HIT_ENTRY ? hit->probe->args : hit->probe->rets;
    size_t n = hit->kind == HIT_ENTRY ? hit->probe->n_args : hit->probe->n_rets;
    size_t length = 0;
    for (size_t i = 0; i < n && i < hit->n_values; i++) {
        if (!value_is_text(fields[i].kind))
            continue;
        size_t end = hit->values[i] + strlen(hit->text + hit->values[i]) + 1;
        length = end > length ? end : length;
    }
    return length;
}

bool pending_hits_add(struct pending_hits *pending, struct record_place place, uint32_t event,
                      const struct hit *hit)
{
    size_t values = hit->n_values * sizeof(hit->values[0]), text = text_length(hit);
    size_t size = (sizeof(struct pending_hit) + values + text + 7) / 8 * 8;
    if (size > pending->size - pending->used)
        return false;
    struct pending_hit *copy = (struct pending_hit *)(void *)(pending->memory + pending->used);
    *copy = (struct pending_hit){.size = size, .place = place, .event = event, .hit = *hit};
    if (hit->thread_name) {
        copy->has_name = true;
        memcpy(copy->name, hit->thread_name, strnlen(hit->thread_name, NAME_MAX_SIZE - 1));
    }
    char *data = (char *)(copy + 1);
    if (values)
        memcpy(data, hit->values, values);
    if (text)
        memcpy(data + values, hit->text, text);
    pending->used += size;
    return true;
}

/* Lets the kernel have the memory back. */
static void release_memory(struct pending_hits *pending, size_t before)
{
    size_t from = pending->used > KEPT ? (pending->used + 4095) / 4096 * 4096 : KEPT;
    if (before > from)
        (void)madvise(pending->memory + from, before - from, MADV_DONTNEED);
}

void pending_hits_take(struct pending_hits *pending, const struct record_place *place,
                       void (*take)(void *data, uint32_t event, const struct hit *hit), void *data)
{
    size_t kept = 0, before = pending->used;
    for (size_t at = 0, size; at < before; at += size) {
        struct pending_hit *copy = (struct pending_hit *)(void *)(pending->memory + at);
        size = copy->size;
        if (copy->place.session != place->session || copy->place.channel != place->channel) {
            memmove(pending->memory + kept, copy, size);
            kept += size;
            continue;
        }
        struct hit hit = copy->hit;
        hit.values = (const uint64_t *)(copy + 1);
        hit.text = (const char *)(hit.values + hit.n_values);
        hit.thread_name = copy->has_name ? copy->name : NULL;
        take(data, copy->event, &hit);
    }
    pending->used = kept;
    release_memory(pending, before);
}
