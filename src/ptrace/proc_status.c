#include "ptrace/proc_status.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* What stands behind "NAME:", as far as it fits. */
static bool read_value(pid_t tid, const char *name, char value[256])
{
    char path[64], line[256];
    size_t n = strlen(name);
    snprintf(path, sizeof(path), "/proc/%d/status", tid);
    cleanup(cleanup_file) FILE *status = fopen(path, "re");
    while (status && fgets(line, sizeof(line), status)) {
        if (strncmp(line, name, n) != 0 || line[n] != ':')
            continue;
        memcpy(value, line + n + 1, sizeof(line) - n - 1);
        return true;
    }
    return false;
}

long proc_status_number(pid_t tid, const char *name)
{
    char value[256];
    return read_value(tid, name, value) ? strtol(value, NULL, 10) : -1;
}

uint64_t proc_status_set(pid_t tid, const char *name)
{
    char value[256];
    return read_value(tid, name, value) ? strtoull(value, NULL, 16) : 0;
}
