/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_stream.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* One thread at a time changes a counter, so no atomic read-modify-write is needed. */
static void count_more(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static void count_one(_Atomic uint64_t *counter)
{
    count_more(counter, 1);
}

static void publish(struct ctf_stream *stream, uint64_t time)
{
    stream->last_time = time;
    atomic_store_explicit(&stream->time, time, memory_order_relaxed);
    atomic_store_explicit(&stream->published, ctf_extent_pack(stream->extent),
                          memory_order_release);
}

/* The writer's thread may read the packet's records meanwhile, but not these fields. */
static void close_page(struct ctf_stream *stream)
{
    struct ctf_packet *packet = (struct ctf_packet *)stream->page;
    uint32_t position = stream->extent.position;
    packet->content_size = (uint64_t)position * CHAR_BIT;
    packet->timestamp_end = stream->last_time;
    packet->packet_seq_num = stream->extent.records;
    memset(stream->page + position, 0, CTF_PAGE - position);
    stream->page = NULL;
    stream->extent = (struct ctf_extent){.pages = stream->extent.pages + 1};
    publish(stream, stream->last_time);
}

static void fill_packet(const struct ctf_stream *stream, const struct ctf_packet_source *source,
                        unsigned char *page, uint64_t pages, uint64_t time)
{
    struct ctf_packet packet = source->template;
    packet.packet_size = pages * CTF_PAGE * CHAR_BIT;
    packet.timestamp_begin = time;
    packet.cpu_id = stream->cpu;
    memcpy(page, &packet, sizeof(packet));
}

/* Appends a list of blocks to the stream's. */
static void link_blocks(struct ctf_stream *stream, struct ctf_block *first)
{
    if (stream->block)
        stream->block->next = first;
    else
        stream->first = first;
}

static struct ctf_block *take_block(const struct ctf_packet_source *source)
{
    if (atomic_load_explicit(source->stuck, memory_order_relaxed))
        return NULL;
    struct ctf_block *block = ctf_pool_take(source->pool);
    if (!block) /* the writer's thread is behind */
        ctf_wakeup_full(source->wakeup);
    return block;
}

static bool open_page(struct ctf_stream *stream, const struct ctf_packet_source *source,
                      uint64_t time)
{
    uint32_t index = stream->extent.pages % CTF_BLOCK_PAGES;
    if (index == 0) {
        struct ctf_block *block = take_block(source);
        if (!block)
            return false;
        if (stream->block)
            ctf_wakeup_full(source->wakeup);
        link_blocks(stream, block);
        stream->block = block;
    }
    stream->page = stream->block->bytes + index * CTF_PAGE;
    fill_packet(stream, source, stream->page, 1, time);
    stream->extent.position = sizeof(struct ctf_packet);
    return true;
}

unsigned char *ctf_stream_reserve(struct ctf_stream *stream, const struct ctf_packet_source *source,
                                  size_t size, uint64_t time)
{
    if (stream->page && size + CTF_SLACK > CTF_PAGE - stream->extent.position)
        close_page(stream);
    if (!stream->page && !open_page(stream, source, time))
        return NULL;
    return stream->page + stream->extent.position;
}

void ctf_stream_commit(struct ctf_stream *stream, const struct ctf_packet_source *source,
                       size_t size, uint64_t time)
{
    stream->extent.position += (uint32_t)size;
    stream->extent.records++;
    count_one(&stream->accepted);
    publish(stream, time);
    ctf_wakeup_record(source->wakeup);
}

int ctf_stream_reserve_large(struct ctf_stream *stream, const struct ctf_packet_source *source,
                             size_t size, uint64_t time, struct ctf_cursor *cursor)
{
    if (stream->page)
        close_page(stream);
    size_t content = sizeof(struct ctf_packet) + size;
    uint32_t index = stream->extent.pages % CTF_BLOCK_PAGES;
    uint64_t pages = (content + CTF_PAGE - 1) / CTF_PAGE;
    /* Pages that the last block still has. */
    uint64_t have = index ? CTF_BLOCK_PAGES - index : 0;
    struct ctf_block *first = NULL, *last = NULL;
    for (uint64_t have_then = have; have_then < pages; have_then += CTF_BLOCK_PAGES) {
        struct ctf_block *block = take_block(source);
        if (!block) {
            while (first) {
                struct ctf_block *next = first->next;
                ctf_pool_untake(source->pool, first);
                first = next;
            }
            return -ENOBUFS;
        }
        if (last)
            last->next = block;
        else
            first = block;
        last = block;
        ctf_wakeup_full(source->wakeup);
    }
    if (first)
        link_blocks(stream, first);
    *cursor = (struct ctf_cursor){
        .block = index ? stream->block : first,
        .position = index * CTF_PAGE,
        .pages = pages,
    };
    unsigned char *page = cursor->block->bytes + cursor->position;
    fill_packet(stream, source, page, pages, time);
    struct ctf_packet *packet = (struct ctf_packet *)page;
    packet->content_size = content * CHAR_BIT;
    packet->timestamp_end = time;
    packet->packet_seq_num = 1;
    cursor->position += sizeof(*packet);
    return 0;
}

void ctf_cursor_put(struct ctf_cursor *cursor, const void *bytes, size_t n)
{
    while (n) {
        if (cursor->position == CTF_BLOCK) {
            cursor->block = cursor->block->next;
            cursor->position = 0;
        }
        size_t room = CTF_BLOCK - cursor->position, part = n < room ? n : room;
        memcpy(cursor->block->bytes + cursor->position, bytes, part);
        bytes = (const char *)bytes + part;
        cursor->position += (uint32_t)part;
        n -= part;
    }
}

void ctf_stream_commit_large(struct ctf_stream *stream, const struct ctf_packet_source *source,
                             struct ctf_cursor *cursor, uint64_t time)
{
    uint32_t rest = cursor->position % CTF_PAGE;
    if (rest)
        memset(cursor->block->bytes + cursor->position, 0, CTF_PAGE - rest);
    stream->block = cursor->block;
    stream->extent = (struct ctf_extent){.pages = stream->extent.pages + cursor->pages};
    count_one(&stream->accepted);
    publish(stream, time);
    ctf_wakeup_record(source->wakeup);
}

void ctf_stream_lose(struct ctf_stream *stream, uint64_t time, uint64_t n)
{
    stream->last_time = time;
    atomic_store_explicit(&stream->time, time, memory_order_relaxed);
    /* Whoever sees the loss sees its time. */
    atomic_thread_fence(memory_order_release);
    count_more(&stream->lost, n);
}
