/* SPDX-License-Identifier: MIT */
#include "cli/id_list.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char SEPARATORS[] = ", \t\n";

bool id_list_number(const char *text, size_t length, long max, long *number)
{
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || *number > max / 10 ||
            (*number == max / 10 && digit > max % 10))
            return false;
        *number = *number * 10 + digit;
    }
    return length > 0 && *number >= 1;
}

int id_list_next(const char **at, pid_t *id, struct error *err)
{
    const char *start = *at + strspn(*at, SEPARATORS);
    size_t length = strcspn(start, SEPARATORS);
    long number;
    *at = start + length;
    if (length == 0)
        return 0;
    if (!id_list_number(start, length, INT_MAX, &number))
        return error_set(err, -EINVAL, "'%.*s' is not a process ID",
                         length > 100 ? 100 : (int)length, start);
    *id = (pid_t)number;
    return 1;
}
