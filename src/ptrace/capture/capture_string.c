/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "model/probe.h"
#include "ptrace/capture/capture.h"
#include "ptrace/capture/capture_internal.h"
#include "ptrace/os/spans.h"
#include "util/text.h"

static const char NULL_TEXT[] = "(null)", BAD_TEXT[] = "(bad address)";

void capture_put_text(struct capture *capture, size_t i, const char *text, size_t n)
{
    char *to = capture->text + i * capture->text_room;
    n = strnlen(text, n < capture->text_room ? n : capture->text_room - 1);
    memcpy(to, text, n);
    to[n] = '\0';
}

void capture_put_characters(struct capture *capture, size_t i, const void *characters, size_t n,
                            unsigned unit)
{
    size_t limit = capture->string_limit;
    if (unit > 1)
        text_from_wide(capture->text + i * capture->text_room, limit + 1, characters, n / unit,
                       unit);
    else
        capture_put_text(capture, i, characters, n < limit ? n : limit);
}

static char *raw_of(const struct capture *capture, const struct captured_string *string)
{
    return string->unit > 1 ? capture->wide + string->field * capture->text_room * sizeof(uint32_t)
                            : capture->text + string->field * capture->text_room;
}

/* Ends the read with a text that replaces the string. */
static void end_with(struct capture *capture, struct captured_string *string, const char *text)
{
    capture_put_text(capture, string->field, text, capture->text_room);
    string->state = CAPTURE_DONE;
}

void captured_string_begin(struct capture *capture, struct captured_string *string, size_t i)
{
    const struct field *field = &capture->set.fields[i];
    string->unit = field->unit > 1 ? field->unit : 1;
    string->most = capture->string_limit * string->unit;
    string->got = 0;
    bool there = capture_load_word(capture, &field->place, &string->at);
    uint64_t length = 1;
    if (there && field->second.kind != PLACE_NONE) {
        there = capture_load_word(capture, &field->second, &length);
        if (length < string->most / string->unit)
            string->most = (size_t)length * string->unit;
    }
    if (!there && capture_pointee_state(capture, &field->place) != POINTEE_NULL)
        end_with(capture, string, BAD_TEXT);
    else if (length == 0)
        end_with(capture, string, "");
    else if (string->at == 0)
        end_with(capture, string, NULL_TEXT);
    else
        string->state = CAPTURE_READING;
}

struct span captured_string_span(const struct capture *capture,
                                 const struct captured_string *string)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t at = string->at + string->got;
    size_t in_page = page - (at & (page - 1)), left = string->most - string->got;
    return (struct span){.at = at,
                         .to = raw_of(capture, string) + string->got,
                         .n = left < in_page ? left : in_page};
}

/* Whether a NUL is among the characters in the bytes [from, to). */
static bool has_end(const char *raw, size_t from, size_t to, unsigned unit)
{
    static const char nul[sizeof(uint32_t)];
    if (unit == 1)
        return memchr(raw + from, '\0', to - from) != NULL;
    for (size_t at = from - from % unit; at + unit <= to; at += unit)
        if (memcmp(raw + at, nul, unit) == 0)
            return true;
    return false;
}

void captured_string_take(struct capture *capture, struct captured_string *string,
                          const struct span *span)
{
    char *raw = raw_of(capture, string);
    if (string->got == 0 && span->got == 0) {
        end_with(capture, string, BAD_TEXT);
        return;
    }
    bool ends = has_end(raw, string->got, string->got + span->got, string->unit);
    string->got += span->got;
    if (!ends && span->got == span->n && string->got < string->most)
        return;
    string->state = CAPTURE_DONE;
    if (string->unit > 1)
        capture_put_characters(capture, string->field, raw, string->got, string->unit);
    else
        raw[string->got] = '\0';
}
