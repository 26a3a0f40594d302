/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "driver.h"

enum { MAPPINGS_MAX = 64 };

static struct {
    uint64_t start, end;
} mappings[MAPPINGS_MAX];
static unsigned n_mappings;

bool is_in_file(uint64_t pc)
{
    for (unsigned i = 0; i < n_mappings; i++)
        if (pc >= mappings[i].start && pc < mappings[i].end)
            return true;
    return false;
}

void read_mappings(void)
{
    char line[512], permissions[8], path[256];
    uint64_t start, end;
    FILE *file = fopen("/proc/self/maps", "re");
    while (file && fgets(line, sizeof(line), file))
        if (n_mappings < MAPPINGS_MAX &&
            sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &start, &end, permissions, path) == 4 &&
            permissions[2] == 'x' && (path[0] == '/' || strcmp(path, "[vdso]") == 0)) {
            mappings[n_mappings].start = start;
            mappings[n_mappings++].end = end;
        }
    if (file)
        fclose(file);
}
