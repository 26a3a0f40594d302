/* SPDX-License-Identifier: MIT */
#include "util/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_DEFAULT = 80, COLUMNS_MAX = 10000 };

unsigned terminal_columns(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    if (columns && *columns) {
        char *end;
        long number = strtol(columns, &end, 10);
        if (!*end && number > 0 && number <= COLUMNS_MAX)
            return (unsigned)number;
    }
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

bool terminal_has_colours(int fd)
{
    const char *without = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !(without && *without) && terminal && *terminal && strcmp(terminal, "dumb") != 0 &&
           isatty(fd);
}
