/* SPDX-License-Identifier: MIT */
/*
 * Messages of the tracer: whole lines on stderr, `ptrace_tracer: ...`. Each is written by one
 * write(2), so that lines of several threads and of the traced program do not mix. Control
 * characters from a target (names, paths) are written as \xNN, so that a target cannot control the
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

/* A flag for log_set_level(): a progress line may be on the terminal, with the cursor at its start;
   each message erases it. */
enum { LOG_OVER_PROGRESS = 0x100 };

/* Sets the least severe level that is shown. The default is LOG_INFO. */
void log_set_level(unsigned level);
unsigned log_get_level(void);

/* Writes one line (no newline in `format`) if the level is shown. Keeps errno. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

#endif
