/* SPDX-License-Identifier: MIT */
#include "util/json_text.h"

#include <stdint.h>
#include <string.h>

#include "util/text.h"

static uint32_t character_of(const unsigned char *bytes, size_t length)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = bytes[0] & masks[length];
    for (size_t i = 1; i < length; i++)
        character = character << 6 | (bytes[i] & 0x3f);
    return character;
}

static void write_escaped(FILE *stream, uint32_t character)
{
    /* Above the basic plane, a surrogate pair (RFC 8259, section 7). */
    if (character >= 0x10000)
        fprintf(stream, "\\u%04x\\u%04x", 0xd800 + ((character - 0x10000) >> 10),
                0xdc00 + ((character - 0x10000) & 0x3ff));
    else
        fprintf(stream, "\\u%04x", character);
}

void json_text_write(FILE *stream, const char *text)
{
    size_t left = strlen(text);
    putc('"', stream);
    while (left) {
        size_t visible = text_visible_length(text, left);
        size_t length = visible ? visible : text_utf8_length(text, left);
        if (*text == '"' || *text == '\\')
            fprintf(stream, "\\%c", *text);
        else if (visible)
            fwrite(text, 1, visible, stream);
        else if (length)
            write_escaped(stream, character_of((const unsigned char *)text, length));
        else
            fprintf(stream, "\\\\x%02x", (unsigned char)*text);
        text += length ? length : 1;
        left -= length ? length : 1;
    }
    putc('"', stream);
}
