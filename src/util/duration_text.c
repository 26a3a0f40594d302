/* SPDX-License-Identifier: MIT */
#include "util/duration_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600 };

/* Three digits of ns in a unit of `unit` nanoseconds; false: it would be four. */
static bool three_digits(char *out, uint64_t ns, uint64_t unit, const char *name)
{
    for (unsigned decimals = 2, scale = 100;; decimals--, scale /= 10) {
        /* Rounded half up. */
        uint64_t step = unit / scale, value = ns / step + (ns % step * 2 >= step);
        if (value < 1000 && decimals > 0) {
            snprintf(out, DURATION_TEXT_SIZE, "%" PRIu64 ".%0*" PRIu64 "%s", value / scale,
                     (int)decimals, value % scale, name);
            return true;
        }
        if (decimals == 0) {
            snprintf(out, DURATION_TEXT_SIZE, "%" PRIu64 "%s", value, name);
            return value < 1000;
        }
    }
}

void duration_text(char out[static DURATION_TEXT_SIZE], uint64_t ns)
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{1000, "us"}, {1000000, "ms"}, {1000000000, "s"}};
    if (ns < 1000) {
        snprintf(out, DURATION_TEXT_SIZE, "%" PRIu64 "ns", ns);
        return;
    }
    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (three_digits(out, ns, units[i].ns, units[i].name))
            return;
    uint64_t seconds = ns / 1000000000;
    if (seconds < 100000)
        snprintf(out, DURATION_TEXT_SIZE, "%" PRIu64 "s", seconds);
    else
        snprintf(out, DURATION_TEXT_SIZE, "%" PRIu64 "h", seconds / HOUR_S);
}

int duration_parse(const char *text, uint64_t *ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    size_t digits = strspn(text, "0123456789.");
    char *end;
    double number = strtod(text, &end);
    if (digits == 0 || end != text + digits)
        return -EINVAL;
    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(end, units[i].name) == 0 && number * units[i].ns < 1e18) {
            *ns = (uint64_t)(number * units[i].ns + 0.5);
            return 0;
        }
    return -EINVAL;
}
