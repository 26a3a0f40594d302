/* SPDX-License-Identifier: MIT */
#include "ptrace/os/spans.h"

#include <sys/uio.h>

#include "ptrace/os/memory.h"

/* Sets `got` of the spans from the total `got`. Returns how many spans were read in full. */
static size_t divide(struct span *spans, size_t n, size_t got)
{
    for (size_t i = 0; i < n; i++) {
        spans[i].got = got < spans[i].n ? got : spans[i].n;
        if (spans[i].got < spans[i].n)
            return i;
        got -= spans[i].n;
    }
    return n;
}

unsigned spans_read(pid_t tid, int memory, struct span *spans, size_t n)
{
    struct iovec local[SPANS_MAX], remote[SPANS_MAX];
    unsigned reads = 0;
    if (n > SPANS_MAX)
        n = SPANS_MAX;
    for (size_t i = 0; i < n; i++) {
        spans[i].got = 0;
        local[i] = (struct iovec){spans[i].to, spans[i].n};
        remote[i] = (struct iovec){(void *)(uintptr_t)spans[i].at, spans[i].n};
    }
    /* A read ends at the first piece that is not readable. */
    for (size_t i = 0; i < n; i++) {
        size_t got = memory_read_pieces(tid, memory, local + i, remote + i, (unsigned)(n - i));
        i += divide(spans + i, n - i, got);
        reads++;
    }
    return reads;
}
