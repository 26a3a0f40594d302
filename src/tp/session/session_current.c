/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/text.h"

char *current_session_name(const char *home)
{
    const char *lttng_home = getenv("LTTNG_HOME");
    if (lttng_home && *lttng_home)
        home = lttng_home;
    if (!home)
        home = getenv("HOME");
    if (!home)
        return NULL;
    cleanup(cleanup_free) char *path = text_format("%s/.lttngrc", home);
    if (!path)
        return NULL;
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    /* Lines "KEY=VALUE"; the only key lttng(1) writes is `session`. */
    cleanup(cleanup_free) char *line = NULL;
    size_t capacity = 0;
    static const char key[] = "session=";
    while (getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        const char *value = line + sizeof(key) - 1;
        if (strncmp(line, key, sizeof(key) - 1) == 0 && *value)
            return strdup(value);
    }
    return NULL;
}

char *current_session_path(const char *home)
{
    cleanup(cleanup_free) char *name = current_session_name(home);
    cleanup(cleanup_free) struct lttng_session *sessions = NULL;
    int n = name ? lttng_list_sessions(&sessions) : 0;
    for (int i = 0; i < n; i++)
        if (strcmp(sessions[i].name, name) == 0 && sessions[i].path[0])
            return strdup(sessions[i].path);
    return NULL;
}
