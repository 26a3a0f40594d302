/* SPDX-License-Identifier: MIT */
#include "util/cpus.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

int cpus_possible(void)
{
    cleanup(cleanup_file) FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
    char line[4096];
    if (!file || !fgets(line, sizeof(line), file))
        return 0;
    /* "0-3,8-11": use the last number. */
    const char *last = line + strlen(line);
    while (last > line && strchr("-,", last[-1]) == NULL)
        last--;
    long n = strtol(last, NULL, 10);
    return n < 0 || n >= INT_MAX ? 0 : (int)n + 1;
}
