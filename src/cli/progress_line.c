/* SPDX-License-Identifier: MIT */
#include "cli/progress_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80 };

bool progress_line_is_possible(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

bool progress_line_is_apart_from(const struct stat *file)
{
    const dev_t null_device = makedev(1, 3); /* null(4) */
    return S_ISREG(file->st_mode) || (S_ISCHR(file->st_mode) && file->st_rdev == null_device);
}

bool progress_line_is_in_foreground(void)
{
    return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

void progress_line_draw(const char *text)
{
    struct winsize size;
    char line[512];
    int width = WIDTH_DEFAULT;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        width = size.ws_col;
    int n = snprintf(line, sizeof(line), "%.*s\033[K\r", width - 1, text);
    if (n >= (int)sizeof(line))
        n = (int)sizeof(line) - 1;
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)n);
    (void)ignored;
}

void progress_line_erase(void)
{
    static const char erase[] = "\033[K";
    ssize_t ignored = write(STDERR_FILENO, erase, sizeof(erase) - 1);
    (void)ignored;
}
