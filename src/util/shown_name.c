/* SPDX-License-Identifier: MIT */
#include "util/shown_name.h"

#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/text.h"

static const char CUT_MARK[] = "...";

static size_t count_characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Where the character number n begins. */
static const char *skip_characters(const char *text, size_t n)
{
    for (; *text && (n > 0 || ((unsigned char)*text & 0xc0) == 0x80); text++)
        n -= ((unsigned char)*text & 0xc0) != 0x80 && n > 0;
    return text;
}

void shown_name_write(FILE *stream, const char *name, size_t room)
{
    size_t length = strlen(name), size = 4 * length + 1;
    cleanup(cleanup_free) char *shown = malloc(size);
    if (!shown)
        return;
    text_escape(shown, size, name, length);
    size_t n = count_characters(shown);
    if (room > 0 && room < SHOWN_NAME_MIN)
        room = SHOWN_NAME_MIN;
    if (room == 0 || n <= room) {
        fputs(shown, stream);
        return;
    }
    size_t kept = room - (sizeof(CUT_MARK) - 1), head = (kept + 1) / 2;
    fwrite(shown, 1, (size_t)(skip_characters(shown, head) - shown), stream);
    fprintf(stream, "%s%s", CUT_MARK, skip_characters(shown, n - (kept - head)));
}
