/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture.h"
#include "ptrace/capture/capture_internal.h"
#include "util/addr.h"

static void put_hex128(struct capture *capture, size_t i, const uint8_t bytes[16])
{
    char text[40];
    uint64_t low, high;
    memcpy(&low, bytes, 8);
    memcpy(&high, bytes + 8, 8);
    if (high)
        snprintf(text, sizeof(text), "0x%llx%016llx", (unsigned long long)high,
                 (unsigned long long)low);
    else
        snprintf(text, sizeof(text), "0x%llx", (unsigned long long)low);
    capture_put_text(capture, i, text, sizeof(text));
}

/* Sets the field to the name of the code at the address. */
static void put_symbol(struct capture *capture, size_t i, uint64_t address)
{
    char *to = capture->text + i * capture->text_room;
    *to = '\0';
    if (address == 0)
        capture_put_text(capture, i, "(null)", capture->text_room);
    else if (capture->name_code)
        capture->name_code(capture->name_data, address, to, capture->text_room);
}

static double double_of(const uint8_t bytes[16], unsigned size)
{
    float narrow;
    double wide;
    long double longest;
    if (size == 4) {
        memcpy(&narrow, bytes, 4);
        return (double)narrow;
    }
    if (size > 8) {
        memcpy(&longest, bytes, sizeof(longest));
        return (double)longest;
    }
    memcpy(&wide, bytes, 8);
    return wide;
}

static uint64_t extend(uint64_t word, unsigned bits, bool is_signed)
{
    unsigned unused = bits >= 64 ? 0 : 64 - bits;
    if (is_signed)
        return (uint64_t)((int64_t)(word << unused) >> unused);
    return word << unused >> unused;
}

static uint64_t count_of(const struct capture *capture, const struct field *field)
{
    uint64_t begin, end;
    return capture_load_word(capture, &field->place, &begin) &&
                   capture_load_word(capture, &field->second, &end) && field->unit
               ? (end - begin) / field->unit
               : 0;
}

/* The value of a number, from its bytes in memory order. */
static uint64_t word_of(const uint8_t bytes[16], const struct field *field)
{
    if (field->kind == VALUE_FLOAT) {
        double value = double_of(bytes, field->size);
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        return bits;
    }
    unsigned __int128 wide;
    memcpy(&wide, bytes, sizeof(wide));
    uint64_t word = (uint64_t)(wide >> (field->bit & 7));
    unsigned bits = field->bits ? field->bits : field->size ? field->size * 8u : 64;
    word = extend(word, bits, field->is_signed);
    return field->kind == VALUE_BOOL ? word != 0 : word;
}

/* Loads the bytes of the value, which may be in two places. Returns whether all could be read. */
static bool load_value(const struct capture *capture, const struct field *field, uint8_t *bytes,
                       size_t n)
{
    if (field->rest.kind == PLACE_NONE)
        return capture_load(capture, &field->place, bytes, n) == n;
    size_t first = field->split ? field->split : 8 - (field->place.shift & 7u);
    if (first >= n)
        return capture_load(capture, &field->place, bytes, n) == n;
    return capture_load(capture, &field->place, bytes, first) +
               capture_load(capture, &field->rest, bytes + first, n - first) ==
           n;
}

/* The text to show for text behind a null or bad pointer. NULL: the text was read. */
static const char *absence_of(const struct capture *capture, const struct field *field)
{
    enum pointee_state state = capture_pointee_state(capture, &field->place);
    return !value_is_text(field->kind) || state == POINTEE_READ ? NULL
           : state == POINTEE_NULL                              ? "(null)"
                                                                : "(bad address)";
}

void capture_set_value(struct capture *capture, size_t i)
{
    const struct field *field = &capture->set.fields[i];
    uint8_t bytes[PROBE_CHARS_MAX];
    size_t n = field_bytes(field) < PROBE_CHARS_MAX ? field_bytes(field) : PROBE_CHARS_MAX;
    memset(bytes, 0, n < 16 ? 16 : n);
    const char *absent = load_value(capture, field, bytes, n) ? NULL : absence_of(capture, field);
    if (absent) {
        capture_put_text(capture, i, absent, capture->text_room);
        return;
    }
    switch (field->kind) {
    case VALUE_CHARS:
        capture_put_characters(capture, i, bytes, n, field->unit);
        break;
    case VALUE_HEX128:
        put_hex128(capture, i, bytes);
        break;
    case VALUE_SYMBOL:
        put_symbol(capture, i, word_of(bytes, field));
        break;
    case VALUE_COUNT:
        capture->values[i] = count_of(capture, field);
        break;
    default:
        capture->values[i] = word_of(bytes, field);
        break;
    }
}
