/* SPDX-License-Identifier: MIT */
#include "analysis/packet_cover.h"

/* A rotation takes some microseconds from the flush to the empty packet; `lttng stop` with a
   command after it that makes one takes far longer. */
enum { ROTATION_NS = 1000000 };

void packet_cover_begin(struct packet_cover *cover, uint64_t time_ns)
{
    cover->open++;
    cover->begin_ns = time_ns;
    /* A full packet was followed by another one. */
    if (cover->is_bare && time_ns <= cover->since_ns)
        cover->is_bare = false;
}

void packet_cover_end(struct packet_cover *cover, const void *stream, uint64_t time_ns)
{
    bool is_empty = cover->begin_ns == time_ns;
    cover->open -= cover->open > 0;
    if (!is_empty && cover->open == 0) {
        cover->is_bare = true;
        cover->since_ns = time_ns;
        cover->last_stream = stream;
    } else if (is_empty && cover->is_bare && stream == cover->last_stream &&
               time_ns - cover->since_ns <= ROTATION_NS) {
        cover->is_bare = false;
    }
}
