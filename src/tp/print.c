/* SPDX-License-Identifier: MIT */
#include "tp/print.h"

#include <stdlib.h>
#include <time.h>

#include "model/call_lines.h"

struct print {
    FILE *stream;
    struct call_lines *lines;
    bool timestamp;
};

struct print *print_new(FILE *stream, bool timestamp)
{
    struct print *print = calloc(1, sizeof(*print));
    if (!print)
        return NULL;
    *print = (struct print){
        .stream = stream, .lines = call_lines_new(timestamp), .timestamp = timestamp};
    if (!print->lines) {
        free(print);
        return NULL;
    }
    return print;
}

void print_free(struct print *print)
{
    if (print)
        call_lines_free(print->lines);
    free(print);
}

/* Converts the hit's CLOCK_MONOTONIC time to the time of day by the current distance of both
   clocks. */
static int64_t time_of_day(const struct hit *hit)
{
    struct timespec monotonic, real;
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t age =
        (int64_t)monotonic.tv_sec * 1000000000 + monotonic.tv_nsec - (int64_t)hit->time_ns;
    return (int64_t)real.tv_sec * 1000000000 + real.tv_nsec - age;
}

void print_hit(struct print *print, const struct hit *hit)
{
    struct call_line line = {.hit = hit, .real_ns = print->timestamp ? time_of_day(hit) : 0};
    size_t length;
    const char *text = call_lines_format(print->lines, &line, &length);
    fwrite(text, 1, length, print->stream);
    fflush(print->stream);
}
