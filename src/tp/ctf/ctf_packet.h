/* SPDX-License-Identifier: MIT */
/*
 * The packets of our streams (CTF 1.8.3, section 5). A packet is one page, and starts at a page's
 * offset of its file, so that a file grows by whole packets: write(2) copies a page in one piece,
 * also when SIGKILL ends the process or another process reads meanwhile. A record that needs more
 * than a page is alone in a packet of several pages.
 */
#ifndef TP_CTF_CTF_PACKET_H
#define TP_CTF_CTF_PACKET_H

#include <stdint.h>

enum {
    CTF_PAGE = 4096, /* also on systems with larger pages: theirs are multiples of it */
    CTF_UUID_SIZE = 16,
    /* Values are stored 8 bytes at a time, so up to 7 bytes after a record are overwritten. */
    CTF_SLACK = 8,
};

#define CTF_MAGIC UINT32_C(0xc1fc1fc1) /* CTF 1.8.3, section 5.1 */

/*
 * packet.header and packet.context, as in the metadata (ctf_metadata_text.c). A packet that is
 * already in the file grows in place: first its records, then timestamp_end, then content_size. A
 * reader goes through the fields in order: when it finds the new content_size, the rest is there.
 */
struct ctf_packet {
    uint32_t magic;
    uint8_t uuid[CTF_UUID_SIZE];
    uint32_t stream_id;
    uint64_t content_size; /* in bits, as packet_size */
    uint64_t packet_size;
    uint64_t events_discarded; /* in the stream up to here */
    uint64_t timestamp_begin;
    uint64_t timestamp_end;
    uint64_t packet_seq_num; /* while the packet is in memory only: the number of its records */
    uint32_t cpu_id;
} __attribute__((packed));

/* The most bytes of a record in a packet of one page. */
enum { CTF_RECORD_MAX = CTF_PAGE - sizeof(struct ctf_packet) - CTF_SLACK };

/*
 * The event header: the event's ID and the time. Hits that were recorded inside the program are of
 * a class of their own, with the same name and fields, and an ID from CTF_JUMP_IDS on: the times of
 * calls are net of what each hit cost. The trace's environment has that number under this name.
 */
#define CTF_JUMP_IDS      UINT32_C(0x80000000)
#define CTF_JUMP_IDS_NAME "jump_event_ids"
struct ctf_record {
    uint32_t id;
    uint64_t timestamp;
} __attribute__((packed));

#endif
