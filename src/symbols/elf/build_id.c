/* SPDX-License-Identifier: MIT */
#include "symbols/elf/build_id.h"

#include <string.h>

bool build_id_equal(const struct build_id *a, const struct build_id *b)
{
    return a->length == b->length && a->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

void build_id_text(const struct build_id *id, char text[BUILD_ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < id->length; i++) {
        text[2 * i] = digits[id->bytes[i] >> 4];
        text[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    text[2 * id->length] = '\0';
}
