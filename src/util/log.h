/* SPDX-License-Identifier: MIT */
/*
 * The tracer's words: whole lines on stderr, each `ptrace_tracer: ...`, written in one write so
 * that lines of several threads and of the traced program do not mix. Control characters in what
 * came from a target (names, paths) are shown as \xNN, so that no target can play with the
 * terminal.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>

#include "util/error.h"

enum log_level {
    LOG_ERROR,   /* always shown */
    LOG_WARNING, /* shown unless --quiet */
    LOG_INFO,    /* shown unless --quiet: the summary, where the trace is */
    LOG_DEBUG,   /* --verbose */
};

/* Or-ed to the level that is set: a progress line may stand on the terminal, with the cursor at its
   beginning, and each line erases it. */
enum { LOG_OVER_PROGRESS = 0x100 };

/* Sets what is shown from here on: this level and the graver ones. The default is LOG_INFO. */
void log_set_level(unsigned level);
unsigned log_get_level(void);

/* Writes one line (no newline in the format) when the level is shown. errno is kept. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

#endif
