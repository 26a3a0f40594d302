/* SPDX-License-Identifier: MIT */
#include "util/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

static unsigned shown = LOG_INFO; /* possibly with LOG_OVER_PROGRESS */

void log_set_level(unsigned level)
{
    shown = level;
}

unsigned log_get_level(void)
{
    return shown;
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > (shown & ~(unsigned)LOG_OVER_PROGRESS))
        return;
    int saved = errno;
    char text[PATH_MAX + 1024], line[2 * sizeof(text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    size_t n = (size_t)snprintf(line, sizeof(line),
                                "%sptrace_tracer: ", shown & LOG_OVER_PROGRESS ? "\033[K" : "");
    n += text_escape(line + n, sizeof(line) - n - 1, text, strlen(text));
    line[n++] = '\n';
    /* If stderr cannot be written, nothing can be reported. */
    ssize_t ignored = write(STDERR_FILENO, line, n);
    (void)ignored;
    errno = saved;
}
