/* SPDX-License-Identifier: MIT */
/* own_tracepoints N: a program with an LTTng tracepoint. Waits for a line on stdin, then calls
   outside() N times, which calls insides(), which has the tracepoint. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "own_tracepoints.h"

#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) int insides(int n);
__attribute__((noinline)) int outside(int n);

int insides(int n)
{
    lttng_ust_tracepoint(own_tracepoints, inside, n);
    return n;
}

int outside(int n)
{
    return insides(n);
}

int main(int argc, char **argv)
{
    char line[16];
    int n = argc > 1 ? atoi(argv[1]) : 0;
    if (!fgets(line, sizeof(line), stdin))
        return 1;
    for (int i = 0; i < n; i++)
        if (outside(i) != i)
            return 1;
    return 0;
}
