/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_stops.h"

#include "tp/ctf/ctf_stream_file.h"

void ctf_stops_init(struct ctf_stops *stops)
{
    pthread_mutex_init(&stops->lock, NULL);
}

void ctf_stops_free(struct ctf_stops *stops)
{
    vec_free(&stops->list);
    pthread_mutex_destroy(&stops->lock);
}

bool ctf_stops_look(struct ctf_stops *stops)
{
    stops->n_seen = atomic_load_explicit(&stops->n, memory_order_acquire);
    return stops->n_seen != stops->n_done;
}

static struct ctf_stop get(struct ctf_stops *stops, size_t i)
{
    pthread_mutex_lock(&stops->lock);
    struct ctf_stop stop = stops->list.items[i];
    pthread_mutex_unlock(&stops->lock);
    return stop;
}

int ctf_stops_write(struct ctf_stops *stops, int directory)
{
    int rc = 0;
    while (rc == 0 && stops->n_done < stops->n_seen) {
        struct ctf_channel *channel = stops->channel;
        struct ctf_stream_place place = {directory, channel->id};
        struct ctf_stop stop = get(stops, stops->n_done);
        rc = ctf_stream_write_silence(channel->streams, &channel->source, &place, stop.begin_ns,
                                      stop.end_ns);
        ctf_stream_close(channel->streams, true);
        stops->n_done += rc == 0;
    }
    return rc;
}
