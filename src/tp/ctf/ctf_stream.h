/* SPDX-License-Identifier: MIT */
/*
 * A stream: the records of one channel and CPU in order of time, as packets. One thread at a time
 * records, in memory, and publishes; the writer's thread writes what is published to the file.
 */
#ifndef TP_CTF_CTF_STREAM_H
#define TP_CTF_CTF_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tp/ctf/ctf_packet.h"
#include "tp/ctf/ctf_pool.h"
#include "tp/ctf/ctf_wakeup.h"

/* What of a stream is complete, in one word so that it can be published at once. */
struct ctf_extent {
    uint64_t pages;    /* of closed packets */
    uint32_t records;  /* in the open packet after them, */
    uint32_t position; /* and its bytes so far; 0: no packet is open */
};

enum { CTF_EXTENT_BITS = 12 }; /* of records and position: a packet of one page has fewer of both */

static inline uint64_t ctf_extent_pack(struct ctf_extent extent)
{
    return (extent.pages << CTF_EXTENT_BITS | extent.records) << CTF_EXTENT_BITS | extent.position;
}

static inline struct ctf_extent ctf_extent_unpack(uint64_t word)
{
    return (struct ctf_extent){
        .pages = word >> 2 * CTF_EXTENT_BITS,
        .records = (uint32_t)(word >> CTF_EXTENT_BITS) & (CTF_PAGE - 1),
        .position = (uint32_t)word & (CTF_PAGE - 1),
    };
}

struct ctf_stream {
    /* Constant once the stream is used. */
    struct ctf_stream *next_used; /* of the channel */
    uint32_t cpu, lane;

    /* Of the recording thread. */
    _Alignas(64) bool used;
    struct ctf_extent extent;
    struct ctf_block *block; /* of the open packet, or of the last one */
    unsigned char *page;     /* the open packet */
    uint64_t last_time;

    /* Published by the recording thread, `extent` last. */
    struct ctf_block *first;
    _Atomic uint64_t time;     /* of the last record, or later */
    _Atomic uint64_t accepted; /* records */
    _Atomic uint64_t lost;
    _Atomic uint64_t published; /* the extent, packed */

    /* Of the writer's thread: see ctf_stream_file.c. */
    _Alignas(64) struct ctf_extent seen; /* the extent up to which this pass writes, */
    uint64_t seen_time;                  /* a time not before its last record's, */
    uint64_t seen_lost;                  /* and the loss up to here */
    struct ctf_extent done;              /* what is in the file */
    struct ctf_block *reading;           /* the block of done.pages */
    uint64_t reading_number;             /* its number in the stream */
    int fd;                              /* -1: not open */
    bool created;
    uint64_t file_size;
    uint64_t last_packet; /* the offset of the last packet; 0: there is only the empty one */
    uint64_t sequence;
    uint64_t discarded;            /* events_discarded of the last packet */
    _Atomic uint64_t records_done; /* in the file */
};

/* What the records of a stream are made with. */
struct ctf_packet_source {
    struct ctf_pool *pool;
    struct ctf_wakeup *wakeup;
    struct ctf_packet template; /* magic, uuid, stream_id */
    /* Set by the writer's thread: nothing can be written now, so no more memory is to be taken. */
    _Atomic bool *stuck;
};

/*
 * Room for a record of up to CTF_RECORD_MAX bytes at that time, which is not before the last
 * record's, followed by CTF_SLACK bytes. NULL: none.
 */
unsigned char *ctf_stream_reserve(struct ctf_stream *stream, const struct ctf_packet_source *source,
                                  size_t size, uint64_t time);
/* The reserved record is complete. */
void ctf_stream_commit(struct ctf_stream *stream, const struct ctf_packet_source *source,
                       size_t size, uint64_t time);

/* A place in a packet of several pages. */
struct ctf_cursor {
    struct ctf_block *block;
    uint32_t position; /* in the block */
    uint64_t pages;    /* of the whole packet */
};

/* The same for a record of any size. */
MUST_CHECK int ctf_stream_reserve_large(struct ctf_stream *stream,
                                        const struct ctf_packet_source *source, size_t size,
                                        uint64_t time, struct ctf_cursor *cursor);
void ctf_cursor_put(struct ctf_cursor *cursor, const void *bytes, size_t n);
void ctf_stream_commit_large(struct ctf_stream *stream, const struct ctf_packet_source *source,
                             struct ctf_cursor *cursor, uint64_t time);

/* Counts n records that found no room, up to that time. */
void ctf_stream_lose(struct ctf_stream *stream, uint64_t time, uint64_t n);

#endif
