/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_stream_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/descriptors.h"

enum { RUN_MAX = 64 /* packets in one write */ };

bool ctf_stream_look(struct ctf_stream *stream)
{
    uint64_t before = ctf_extent_pack(stream->seen), lost = stream->seen_lost;
    uint64_t now = atomic_load_explicit(&stream->published, memory_order_acquire);
    stream->seen = ctf_extent_unpack(now);
    stream->seen_lost = atomic_load_explicit(&stream->lost, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    stream->seen_time = atomic_load_explicit(&stream->time, memory_order_relaxed);
    return now != before || stream->seen_lost != lost;
}

void ctf_stream_name(const struct ctf_stream *stream, const struct ctf_stream_place *place,
                     char *name)
{
    int n = snprintf(name, CTF_STREAM_NAME_MAX, "channel%u_%u", place->channel, stream->cpu);
    if (stream->lane)
        snprintf(name + n, (size_t)(CTF_STREAM_NAME_MAX - n), "_%u", stream->lane);
}

static int open_file(struct ctf_stream *stream, const struct ctf_stream_place *place)
{
    if (stream->fd >= 0)
        return 0;
    char name[CTF_STREAM_NAME_MAX];
    ctf_stream_name(stream, place, name);
    struct open_how how = {
        .flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (stream->created ? 0 : O_CREAT | O_EXCL),
        .mode = stream->created ? 0 : 0660, /* as LTTng's */
    };
    int fd = descriptors_open_how(place->directory, name, &how);
    if (fd < 0)
        return fd;
    stream->fd = fd;
    stream->created = true;
    return 0;
}

static int write_at(const struct ctf_stream *stream, const void *bytes, size_t n, uint64_t offset)
{
    while (n) {
        ssize_t written = pwrite(stream->fd, bytes, n, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -ENOSPC;
        bytes = (const char *)bytes + written;
        offset += (uint64_t)written;
        n -= (size_t)written;
    }
    return 0;
}

/* Appends packets of a page each. Returns how many were written, or a negative errno. */
static int append_pages(struct ctf_stream *stream, const struct iovec *pages, int n)
{
    ssize_t written;
    do
        written = pwritev(stream->fd, pages, n, (off_t)stream->file_size);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return -errno;
    int whole = (int)(written / CTF_PAGE), rc = 0;
    if (whole < n) { /* the rest of that page, to learn why */
        size_t part = (size_t)written % CTF_PAGE;
        rc = write_at(stream, (char *)pages[whole].iov_base + part, CTF_PAGE - part,
                      stream->file_size + (uint64_t)written);
        whole += rc == 0;
    }
    stream->file_size += (uint64_t)whole * CTF_PAGE;
    if (rc < 0 && ftruncate(stream->fd, (off_t)stream->file_size) < 0)
        return -errno;
    return whole ? whole : rc;
}

/* Appends a packet of one page: `page` with the records up to `content`, the rest of it zero. */
static int append_page(struct ctf_stream *stream, const struct ctf_packet *packet,
                       const unsigned char *records, uint32_t content)
{
    unsigned char page[CTF_PAGE] = {0};
    memcpy(page, packet, sizeof(*packet));
    if (records)
        memcpy(page + sizeof(*packet), records, content - sizeof(*packet));
    struct iovec all = {page, CTF_PAGE};
    int n = append_pages(stream, &all, 1);
    if (n < 0)
        return n;
    stream->sequence++;
    return 0;
}

static struct ctf_packet packet_of(const struct ctf_stream *stream,
                                   const struct ctf_packet_source *source, uint64_t begin,
                                   uint64_t end, uint32_t content)
{
    struct ctf_packet packet = source->template;
    packet.content_size = (uint64_t)content * CHAR_BIT;
    packet.packet_size = CTF_PAGE * CHAR_BIT;
    packet.events_discarded = stream->seen_lost;
    packet.timestamp_begin = begin;
    packet.timestamp_end = end;
    packet.packet_seq_num = stream->sequence;
    packet.cpu_id = stream->cpu;
    return packet;
}

static int append_empty(struct ctf_stream *stream, const struct ctf_packet_source *source,
                        uint64_t time, uint64_t discarded)
{
    struct ctf_packet packet = packet_of(stream, source, time, time, sizeof(packet));
    packet.events_discarded = discarded;
    return append_page(stream, &packet, NULL, sizeof(packet));
}

/* Readers count lost records from one packet to the next, so that those before a stream's first
   packet have no number (babeltrace2 2.0, msg-iter.c, create_msg_discarded_events()). The first
   packet is therefore an empty one. */
static int begin_file(struct ctf_stream *stream, const struct ctf_packet_source *source,
                      const struct ctf_stream_place *place, uint64_t time)
{
    int rc = open_file(stream, place);
    if (rc < 0 || stream->file_size)
        return rc;
    return append_empty(stream, source, time, 0);
}

/* Updates how far the packet at `offset` extends, when the records are there. */
static int write_extent(const struct ctf_stream *stream, const struct ctf_packet *packet,
                        uint64_t offset)
{
    const size_t first = offsetof(struct ctf_packet, events_discarded),
                 last = offsetof(struct ctf_packet, packet_seq_num),
                 size = offsetof(struct ctf_packet, content_size);
    int rc = write_at(stream, (const char *)packet + first, last - first, offset + first);
    if (rc < 0)
        return rc;
    return write_at(stream, (const char *)packet + size, sizeof(packet->content_size),
                    offset + size);
}

/* Updates the last packet: it has records up to `content` now. */
static int grow(struct ctf_stream *stream, const unsigned char *page, uint32_t content,
                uint64_t end)
{
    struct ctf_packet packet;
    memcpy(&packet.timestamp_begin, page + offsetof(struct ctf_packet, timestamp_begin),
           sizeof(uint64_t));
    packet.content_size = (uint64_t)content * CHAR_BIT;
    packet.events_discarded = stream->seen_lost;
    packet.timestamp_end = end;
    uint32_t from = stream->done.position;
    int rc = write_at(stream, page + from, content - from, stream->last_packet + from);
    if (rc == 0)
        rc = write_extent(stream, &packet, stream->last_packet);
    if (rc == 0)
        stream->discarded = stream->seen_lost;
    return rc;
}

static void add_done(struct ctf_stream *stream, uint64_t records)
{
    atomic_store_explicit(&stream->records_done,
                          atomic_load_explicit(&stream->records_done, memory_order_relaxed) +
                              records,
                          memory_order_relaxed);
}

/* Writes the packet that is not closed yet, or what came after the part that is in the file. */
static int write_open(struct ctf_stream *stream, const struct ctf_packet_source *source,
                      const unsigned char *page)
{
    uint32_t content = stream->seen.position;
    int rc;
    if (stream->done.position) {
        rc = grow(stream, page, content, stream->seen_time);
    } else {
        uint64_t begin;
        memcpy(&begin, page + offsetof(struct ctf_packet, timestamp_begin), sizeof(begin));
        uint64_t offset = stream->file_size;
        struct ctf_packet packet = packet_of(stream, source, begin, stream->seen_time, content);
        rc = append_page(stream, &packet, page + sizeof(packet), content);
        if (rc == 0) {
            stream->last_packet = offset;
            stream->discarded = stream->seen_lost;
        }
    }
    if (rc < 0)
        return rc;
    add_done(stream, stream->seen.records - stream->done.records);
    stream->done = stream->seen;
    return 0;
}

/* Completes the packet of which a part is in the file. */
static int write_closed(struct ctf_stream *stream, const unsigned char *page)
{
    struct ctf_packet packet;
    memcpy(&packet, page, sizeof(packet));
    int rc = grow(stream, page, (uint32_t)(packet.content_size / CHAR_BIT), packet.timestamp_end);
    if (rc < 0)
        return rc;
    add_done(stream, packet.packet_seq_num - stream->done.records);
    stream->done = (struct ctf_extent){.pages = stream->done.pages + 1};
    return 0;
}

/* The block and page after done.pages pages. */
struct page_place {
    struct ctf_block *block;
    uint64_t pages;
};

static unsigned char *page_at(const struct page_place *place)
{
    return place->block->bytes + place->pages % CTF_BLOCK_PAGES * CTF_PAGE;
}

static void next_page(struct page_place *place, uint64_t seen)
{
    place->pages++;
    if (place->pages % CTF_BLOCK_PAGES == 0 && place->pages < seen)
        place->block = place->block->next;
}

/* Writes closed packets of one page each, as many as follow each other. */
static int write_run(struct ctf_stream *stream)
{
    struct iovec pages[RUN_MAX];
    uint64_t records[RUN_MAX];
    struct page_place place = {stream->reading, stream->done.pages};
    int n = 0;
    for (; n < RUN_MAX && place.pages < stream->seen.pages; n++) {
        unsigned char *page = page_at(&place);
        struct ctf_packet *packet = (struct ctf_packet *)page;
        if (packet->packet_size != CTF_PAGE * CHAR_BIT)
            break;
        records[n] = packet->packet_seq_num;
        packet->packet_seq_num = stream->sequence + (uint64_t)n;
        packet->events_discarded = stream->seen_lost;
        pages[n] = (struct iovec){page, CTF_PAGE};
        next_page(&place, stream->seen.pages);
    }
    int written = append_pages(stream, pages, n);
    for (int i = written < 0 ? 0 : written; i < n; i++)
        ((struct ctf_packet *)pages[i].iov_base)->packet_seq_num = records[i];
    if (written < 0)
        return written;
    for (int i = 0; i < written; i++)
        add_done(stream, records[i]);
    stream->sequence += (uint64_t)written;
    stream->discarded = stream->seen_lost;
    stream->last_packet = stream->file_size - CTF_PAGE;
    stream->done.pages += (uint64_t)written;
    return 0;
}

/* Makes one empty packet of several appended ones, and then puts the record into it. */
static int fill_large(struct ctf_stream *stream, const struct page_place *first, uint64_t offset)
{
    struct page_place place = *first;
    unsigned char *page = page_at(&place);
    struct ctf_packet packet;
    memcpy(&packet, page, sizeof(packet));
    packet.events_discarded = stream->seen_lost;
    uint64_t end = place.pages + packet.packet_size / CTF_PAGE / CHAR_BIT;
    int rc = write_at(stream, &packet.packet_size, sizeof(packet.packet_size),
                      offset + offsetof(struct ctf_packet, packet_size));
    if (rc == 0)
        rc = write_at(stream, page + sizeof(packet), CTF_PAGE - sizeof(packet),
                      offset + sizeof(packet));
    for (next_page(&place, end); place.pages < end && rc == 0; next_page(&place, end))
        rc = write_at(stream, page_at(&place), CTF_PAGE,
                      offset + (place.pages - first->pages) * CTF_PAGE);
    return rc < 0 ? rc : write_extent(stream, &packet, offset);
}

/* Writes a packet of several pages, which is in the file as so many empty ones first. */
static int write_large(struct ctf_stream *stream, const struct ctf_packet_source *source)
{
    struct page_place place = {stream->reading, stream->done.pages};
    struct ctf_packet *packet = (struct ctf_packet *)page_at(&place);
    uint64_t n = packet->packet_size / CTF_PAGE / CHAR_BIT;
    uint64_t offset = stream->file_size, sequence = stream->sequence;
    int rc = 0;
    for (uint64_t i = 0; i < n && rc == 0; i++)
        rc = append_empty(stream, source, packet->timestamp_begin, stream->discarded);
    if (rc == 0)
        rc = fill_large(stream, &place, offset);
    if (rc < 0) {
        if (ftruncate(stream->fd, (off_t)offset) == 0) {
            stream->file_size = offset;
            stream->sequence = sequence;
        }
        return rc;
    }
    stream->sequence = sequence + 1;
    stream->last_packet = offset;
    stream->discarded = stream->seen_lost;
    add_done(stream, 1);
    stream->done.pages += n;
    return 0;
}

/* Gives back the blocks that are in the file. The last one is kept until the next one is there. */
static void pass_blocks(struct ctf_stream *stream, struct ctf_pool *pool)
{
    if (!stream->reading)
        stream->reading = stream->first;
    while (stream->reading_number < stream->done.pages / CTF_BLOCK_PAGES) {
        struct ctf_block *next = stream->reading->next;
        ctf_pool_give(pool, stream->reading);
        stream->reading = next;
        stream->reading_number++;
    }
}

static int write_records(struct ctf_stream *stream, const struct ctf_packet_source *source,
                         const struct ctf_stream_place *where)
{
    pass_blocks(stream, source->pool);
    struct page_place place = {stream->reading, stream->done.pages};
    unsigned char *page = page_at(&place);
    struct ctf_packet *packet = (struct ctf_packet *)page;
    int rc = begin_file(stream, source, where, packet->timestamp_begin);
    if (rc < 0)
        return rc;
    if (stream->done.pages == stream->seen.pages)
        return write_open(stream, source, page);
    if (stream->done.position)
        return write_closed(stream, page);
    if (packet->packet_size != CTF_PAGE * CHAR_BIT)
        return write_large(stream, source);
    return write_run(stream);
}

static int write_loss(struct ctf_stream *stream, const struct ctf_packet_source *source,
                      const struct ctf_stream_place *place, uint64_t lost)
{
    if (lost == stream->discarded)
        return 0;
    int rc = begin_file(stream, source, place, stream->seen_time);
    if (rc < 0)
        return rc;
    if (stream->last_packet) {
        rc = write_at(stream, &lost, sizeof(lost),
                      stream->last_packet + offsetof(struct ctf_packet, events_discarded));
    } else {
        uint64_t offset = stream->file_size;
        rc = append_empty(stream, source, stream->seen_time, lost);
        if (rc == 0)
            stream->last_packet = offset;
    }
    if (rc == 0)
        stream->discarded = lost;
    return rc;
}

int ctf_stream_write(struct ctf_stream *stream, const struct ctf_packet_source *source,
                     const struct ctf_stream_place *place)
{
    int rc = 0;
    while (rc == 0 && ctf_extent_pack(stream->done) != ctf_extent_pack(stream->seen))
        rc = write_records(stream, source, place);
    int loss = write_loss(stream, source, place, stream->seen_lost);
    return rc < 0 ? rc : loss;
}

int ctf_stream_give_up(struct ctf_stream *stream, const struct ctf_packet_source *source,
                       const struct ctf_stream_place *place)
{
    return write_loss(stream, source, place,
                      stream->seen_lost +
                          atomic_load_explicit(&stream->accepted, memory_order_relaxed) -
                          atomic_load_explicit(&stream->records_done, memory_order_relaxed));
}

int ctf_stream_write_silence(struct ctf_stream *stream, const struct ctf_packet_source *source,
                             const struct ctf_stream_place *place, uint64_t begin, uint64_t end)
{
    int rc = open_file(stream, place);
    if (rc < 0)
        return rc;
    struct ctf_packet packet = packet_of(stream, source, begin, end, sizeof(packet));
    return append_page(stream, &packet, NULL, sizeof(packet));
}

void ctf_stream_close(struct ctf_stream *stream, bool always)
{
    if (stream->fd >= 0 && (always || !descriptors_may_keep(stream->fd))) {
        close(stream->fd);
        stream->fd = -1;
    }
}

void ctf_stream_release(struct ctf_stream *stream, struct ctf_pool *pool)
{
    struct ctf_block *block = stream->reading ? stream->reading : stream->first;
    while (block) {
        struct ctf_block *next = block->next;
        ctf_pool_give(pool, block);
        block = next;
    }
    stream->reading = stream->first = NULL;
}
