/* SPDX-License-Identifier: MIT */
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
    /* The first existing process: some may have ended. */
    snprintf(name, size, "%d", options->pids.items[0]);
    for (size_t i = 0; i < options->pids.count; i++) {
        char path[64], text[64];
        snprintf(path, sizeof(path), "/proc/%d/comm", options->pids.items[i]);
        cleanup(cleanup_file) FILE *comm = fopen(path, "re");
        if (!comm || !fgets(text, sizeof(text), comm))
            continue;
        text[strcspn(text, "\n/")] = '\0';
        snprintf(name, size, "%s", text);
        return;
    }
}
