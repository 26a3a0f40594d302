#include "cli/program_name.h"

#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

void program_name(const struct options *options, char *name, size_t size)
{
    if (options->program) {
        const char *slash = strrchr(options->program[0], '/');
        snprintf(name, size, "%s", slash ? slash + 1 : options->program[0]);
        return;
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", options->pids.items[0]);
    cleanup(cleanup_file) FILE *comm = fopen(path, "re");
    if (!comm || !fgets(name, (int)size, comm))
        snprintf(name, size, "%d", options->pids.items[0]);
    name[strcspn(name, "\n/")] = '\0';
}
