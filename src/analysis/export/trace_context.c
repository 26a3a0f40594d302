/* SPDX-License-Identifier: MIT */
#include "analysis/export/trace_context.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Takes n lower-case hexadecimal digits (at most 16). */
static bool take_hex(const char **text, size_t n, uint64_t *number)
{
    static const char digits[] = "0123456789abcdef";
    *number = 0;
    for (; n; n--, (*text)++) {
        const char *digit = **text ? strchr(digits, **text) : NULL;
        if (!digit)
            return false;
        *number = *number << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

static bool take_dash(const char **text)
{
    return *(*text)++ == '-';
}

int trace_context_parse(const char *text, struct trace_context *context)
{
    uint64_t version, flags;
    struct trace_context found = {0};
    if (!take_hex(&text, 2, &version) || !take_dash(&text) ||
        !take_hex(&text, 16, &found.trace_high) || !take_hex(&text, 16, &found.trace_low) ||
        !take_dash(&text) || !take_hex(&text, 16, &found.parent) || !take_dash(&text) ||
        !take_hex(&text, 2, &flags))
        return -EINVAL;
    /* Later versions may have more after another dash; there will be no version ff. */
    if (version == 0xff || (*text && (version == 0 || *text != '-')))
        return -EINVAL;
    if ((found.trace_high | found.trace_low) == 0 || found.parent == 0)
        return -EINVAL;
    found.flags = (uint8_t)(flags & (TRACE_SAMPLED | TRACE_RANDOM));
    *context = found;
    return 0;
}

/* Another number for each number: multiplications by odd numbers and shifted exclusive ors can be
   undone. The constants are those of splitmix64 (https://prng.di.unimi.it/splitmix64.c). */
static uint64_t scramble(uint64_t number)
{
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

struct trace_context trace_context_new(uint64_t identity)
{
    /* Of two different numbers: not both are 0. */
    return (struct trace_context){
        .trace_high = scramble(identity),
        .trace_low = scramble(~identity),
    };
}

uint64_t trace_context_span(uint64_t identity, uint64_t number)
{
    uint64_t first = scramble(~scramble(identity));
    uint64_t id = scramble(first + number);
    return id ? id : scramble(first); /* which number 0 would have */
}
