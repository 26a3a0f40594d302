/* SPDX-License-Identifier: MIT */
/* The file of a stream. For the writer's thread alone. */
#ifndef TP_CTF_CTF_STREAM_FILE_H
#define TP_CTF_CTF_STREAM_FILE_H

#include <stdbool.h>

#include "tp/ctf/ctf_stream.h"

/* Where the file is. */
struct ctf_stream_place {
    int directory;
    uint32_t channel;
};

enum { CTF_STREAM_NAME_MAX = 48 };

/* Notes what of the stream is published. Returns whether it was more than before. */
bool ctf_stream_look(struct ctf_stream *stream);

/* Writes all of that to the file. 0 or a negative errno; the file is whole packets in any case. */
MUST_CHECK int ctf_stream_write(struct ctf_stream *stream, const struct ctf_packet_source *source,
                                const struct ctf_stream_place *place);

/* Writes that the records which are not in the file are lost, if that is possible. */
MUST_CHECK int ctf_stream_give_up(struct ctf_stream *stream, const struct ctf_packet_source *source,
                                  const struct ctf_stream_place *place);

/* Appends a packet that tells that there are no records between these times. For a stream without
   records. */
MUST_CHECK int ctf_stream_write_silence(struct ctf_stream *stream,
                                        const struct ctf_packet_source *source,
                                        const struct ctf_stream_place *place, uint64_t begin,
                                        uint64_t end);

/* Closes the file if many are open, or always. ctf_stream_write() opens it again. */
void ctf_stream_close(struct ctf_stream *stream, bool always);

/* Gives back all blocks, when nothing is recorded any more. */
void ctf_stream_release(struct ctf_stream *stream, struct ctf_pool *pool);

/* The file's name, of up to CTF_STREAM_NAME_MAX bytes. */
void ctf_stream_name(const struct ctf_stream *stream, const struct ctf_stream_place *place,
                     char *name);

#endif
