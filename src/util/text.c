#include "util/text.h"

#include <stdarg.h>
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

size_t text_escape(char *out, size_t size, const char *text, size_t length)
{
    size_t n = 0;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < length;) {
        const unsigned char c = (unsigned char)text[i];
        size_t character = text_utf8_length(text + i, length - i);
        if (character == 1 && (c < 0x20 || c == 0x7f))
            character = 0;
        if (character == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)
            character = 0; /* U+0080 to U+009F: C1 controls */
        if (character) {
            if (n + character >= size)
                break;
            memcpy(out + n, text + i, character);
            n += character;
            i += character;
        } else {
            if (n + 4 >= size)
                break;
            snprintf(out + n, 5, "\\x%02x", c);
            n += 4;
            i++;
        }
    }
    out[n] = '\0';
    return n;
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
