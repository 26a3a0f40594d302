#include "util/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

static enum log_level shown = LOG_INFO;

void log_set_level(enum log_level level)
{
    shown = level;
}

enum log_level log_get_level(void)
{
    return shown;
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > shown)
        return;
    int saved = errno;
    char text[1024], line[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    size_t n = (size_t)snprintf(line, sizeof(line), "ptrace_tracer: ");
    n += text_escape(line + n, sizeof(line) - n - 1, text, strlen(text));
    line[n++] = '\n';
    /* Nothing can be said about a stderr that cannot be written. */
    ssize_t ignored = write(STDERR_FILENO, line, n);
    (void)ignored;
    errno = saved;
}
