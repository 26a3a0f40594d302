/* SPDX-License-Identifier: MIT */
#include "util/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

size_t text_utf8_length(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    if (length == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    /* The Unicode Standard, table 3-7: well-formed byte sequences. */
    size_t n = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
               : (s[0] & 0xf0) == 0xe0        ? 3
               : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                              : 0;
    if (n == 0 || n > length)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

/* Ranges of characters that are not visible, ascending. The Unicode Character Database 15.0:
   DerivedGeneralCategory.txt and DerivedCoreProperties.txt. */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0x0, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
    {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},
    {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_unseen(uint32_t c)
{
    if ((c & 0xfffe) == 0xfffe) /* the last two code points of each plane are noncharacters */
        return true;
    size_t low = 0, high = sizeof(unseen) / sizeof(*unseen);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > unseen[middle].last)
            low = middle + 1;
        else if (c < unseen[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

/* Decodes a valid character of n bytes: the Unicode Standard, table 3-6. */
static uint32_t decode_utf8(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (s[i] & 0x3fu);
    return c;
}

size_t text_visible_length(const char *text, size_t length)
{
    size_t n = text_utf8_length(text, length);
    return n && !is_unseen(decode_utf8(text, n)) ? n : 0;
}

size_t text_escape(char *out, size_t size, const char *text, size_t length)
{
    size_t n = 0;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < length;) {
        size_t character = text_visible_length(text + i, length - i);
        if (character) {
            if (n + character >= size)
                break;
            memcpy(out + n, text + i, character);
            n += character;
            i += character;
        } else {
            if (n + 4 >= size)
                break;
            snprintf(out + n, 5, "\\x%02x", (unsigned char)text[i]);
            n += 4;
            i++;
        }
    }
    out[n] = '\0';
    return n;
}

static uint32_t wide_at(const unsigned char *bytes, size_t i, unsigned unit)
{
    uint16_t narrow;
    uint32_t wide;
    if (unit == sizeof(narrow)) {
        memcpy(&narrow, bytes + i * unit, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, bytes + i * unit, sizeof(wide));
    return wide;
}

/* Encodes a character: the Unicode Standard, table 3-6. Returns the number of bytes. */
static size_t encode_utf8(char out[4], uint32_t c)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    size_t n = 1;
    while (n < 4 && c >= least[n])
        n++;
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(first[n - 1] | c);
    return n;
}

size_t text_from_wide(char *out, size_t size, const void *characters, size_t n, unsigned unit)
{
    enum { REPLACEMENT = 0xfffd };
    const unsigned char *bytes = characters;
    size_t length = 0;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        char encoded[4];
        uint32_t c = wide_at(bytes, i, unit), low;
        if (c == 0)
            break;
        if (unit == 2 && c >= 0xd800 && c <= 0xdbff && i + 1 < n &&
            (low = wide_at(bytes, i + 1, unit)) >= 0xdc00 && low <= 0xdfff) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            i++;
        }
        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            c = REPLACEMENT;
        size_t bytes_of = encode_utf8(encoded, c);
        if (length + bytes_of >= size)
            break;
        memcpy(out + length, encoded, bytes_of);
        length += bytes_of;
    }
    out[length] = '\0';
    return length;
}

char *text_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return text;
}

uint64_t text_hash_bytes(uint64_t hash, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t text_hash(uint64_t hash, const char *text)
{
    return text_hash_bytes(hash, text, strlen(text));
}

uint64_t text_hash_event(const char *provider, const char *name)
{
    return text_hash(text_hash(text_hash(TEXT_HASH_START, provider), ":"), name);
}
