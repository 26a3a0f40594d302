/* SPDX-License-Identifier: MIT */
/* The command lines of targets (tests/targets). */
#ifndef ENGINE_TARGET_WORDS_H
#define ENGINE_TARGET_WORDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/check_main.h"

/* The targets' directory is beside that of the tests. */
static inline const char *target_path(const char *name)
{
    static char path[4096];
    char self[2048];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    ck_assert(n > 0);
    self[n] = '\0';
    char *tests = strstr(self, "/tests/");
    ck_assert_ptr_nonnull(tests);
    *tests = '\0';
    snprintf(path, sizeof(path), "%s/targets/%s", self, name);
    return path;
}

/* Splits a command line "TARGET ARG..." and adds the target's path. Free it with words_free(). */
static inline char **words_of(const char *command)
{
    char **words = calloc(16, sizeof(*words)), *copy = strdup(command), *save = NULL;
    size_t n = 0;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        words[n] = strdup(n == 0 ? target_path(word) : word);
        n++;
    }
    free(copy);
    return words;
}

static inline void words_free(char **words)
{
    for (size_t i = 0; words[i]; i++)
        free(words[i]);
    free(words);
}

#endif
