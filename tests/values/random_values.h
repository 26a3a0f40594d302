/* SPDX-License-Identifier: MIT */
/* Random values for programs of generate.py, the same for the same seed. Rare values (limits, NULL,
   bad addresses, long texts) occur often enough. */
#ifndef VALUES_RANDOM_VALUES_H
#define VALUES_RANDOM_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

static uint64_t rnd_state;
static bool rnd_no_empty_text;

static inline uint64_t rnd(void)
{
    /* xorshift64* */
    rnd_state ^= rnd_state >> 12;
    rnd_state ^= rnd_state << 25;
    rnd_state ^= rnd_state >> 27;
    return rnd_state * UINT64_C(2685821657736338717);
}

static inline void rnd_bytes(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)to)[i] = (unsigned char)(rnd() >> 32);
}

static inline double rnd_double(void)
{
    static const double edges[] = {0.0, -0.0, 1.0, -1.5, 1e300, -1e-300, 4e-320, __builtin_inf()};
    if (rnd() % 16 == 0)
        return edges[(rnd() >> 32) % 8];
    int shift = (int)(rnd() >> 40) % 200 - 100;
    double value = (double)(int64_t)rnd();
    return shift < 0 ? value / (double)(UINT64_C(1) << (-shift % 60))
                     : value * (double)(UINT64_C(1) << (shift % 60));
}

static inline float rnd_float(void)
{
    return (float)((double)(int32_t)(rnd() >> 16) / (double)(1 << ((rnd() >> 32) % 20)));
}

static inline long double rnd_long_double(void)
{
    return (long double)rnd_double() * (1.0L + (long double)(rnd() >> 40) * 1e-17L);
}

static char long_text[600];

static inline const char *rnd_text(void)
{
    static const char *const texts[] = {"", "a", "some words", "gr\xc3\xbc\xc3\x9f", "0x12", "x=1"};
    switch (rnd() >> 32 & 15) {
    case 0:
        return NULL;
    case 1:
        return (const char *)(uintptr_t)(8 + (rnd() & 0xff));
    case 2:
        return long_text;
    default:
        return texts[(rnd() >> 32) % (6 - rnd_no_empty_text) + rnd_no_empty_text];
    }
}

static inline void rnd_chars(char *to, size_t n)
{
    size_t length = (rnd() >> 32) % (n + 1 - rnd_no_empty_text) + rnd_no_empty_text;
    for (size_t i = 0; i < n; i++)
        to[i] = i < length ? (char)('a' + (rnd() >> 32) % 26) : '\0';
}

/* UTF-8 characters of one to four bytes. */
static const struct {
    const wchar_t *wide;
    const char *text;
} wide_texts[] = {
    {L"a", "a"},
    {L"some words", "some words"},
    {L"gr\u00fc\u00df \u20ac \U0001f600", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
};

static inline const wchar_t *rnd_wide_text(void)
{
    uint64_t which = rnd() >> 32 & 7;
    return which == 0   ? NULL
           : which == 1 ? (const wchar_t *)(uintptr_t)(8 + (rnd() & 0xf8))
                        : wide_texts[which % 3].wide;
}

static inline void rnd_wide_chars(wchar_t *to, size_t n)
{
    size_t length = (rnd() >> 32) % (n + 1 - rnd_no_empty_text) + rnd_no_empty_text;
    for (size_t i = 0; i < n; i++)
        to[i] = i < length ? (wchar_t)(L'a' + (rnd() >> 32) % 26) : L'\0';
}

/* Starts the sequence of this seed. babeltrace2 2.0 shows an empty string as the field's text of
   some events before: `no_empty_text` avoids empty texts. */
static inline void rnd_begin(uint64_t seed, bool no_empty_text)
{
    rnd_no_empty_text = no_empty_text;
    rnd_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    memset(long_text, 'L', sizeof(long_text) - 1);
}

#endif
