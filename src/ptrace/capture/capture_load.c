/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/capture/capture.h"
#include "ptrace/capture/capture_internal.h"

bool capture_has(const struct capture *capture, const struct value_place *place)
{
    if (place->kind == PLACE_STACK_ARG)
        return capture->stack_state == CAPTURE_DONE;
    if (place->kind == PLACE_POINTEE || place->kind == PLACE_POINTEE_STATE)
        return capture->pointees[place->index].state == CAPTURE_DONE;
    return true;
}

/* Copies up to n bytes at offset `start` of `from`, which has `available` bytes. Returns how
   many. */
static size_t copy(uint8_t *to, const uint8_t *from, size_t start, size_t available, size_t n)
{
    if (!from || start >= available)
        return 0;
    if (n > available - start)
        n = available - start;
    memcpy(to, from + start, n);
    return n;
}

static size_t load_register(const struct capture *capture, const struct value_place *place,
                            uint8_t *to, size_t n)
{
    const struct capture_source *source = &capture->source;
    uint64_t word = place->kind == PLACE_INTEGER_ARG ? arch_integer_arg(source->regs, place->index)
                    : place->kind == PLACE_INTEGER_RET
                        ? arch_integer_ret(source->regs, place->index)
                        : source->result_address;
    return copy(to, (const uint8_t *)&word, place->shift, sizeof(word), n);
}

static size_t load_pointee(const struct capture *capture, const struct value_place *place,
                           uint8_t *to, size_t n)
{
    size_t i = place->index;
    int64_t start = (int64_t)place->offset - capture->set.pointees[i].low;
    return start < 0 ? 0
                     : copy(to, capture->bytes + i * PROBE_POINTEE_MAX, (size_t)start,
                            capture->pointees[i].got, n);
}

size_t capture_load(const struct capture *capture, const struct value_place *place, uint8_t *to,
                    size_t n)
{
    const struct arch_float_regs *floats = capture->source.floats;
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
    case PLACE_INTEGER_RET:
    case PLACE_RESULT_ADDRESS:
        return load_register(capture, place, to, n);
    case PLACE_FLOAT_ARG:
        return floats ? copy(to, arch_float_arg(floats, place->index), place->shift, 16, n) : 0;
    case PLACE_FLOAT_RET:
        return floats ? copy(to, arch_float_ret(floats, place->index), place->shift, 16, n) : 0;
    case PLACE_X87_RET:
        return floats ? copy(to, arch_x87_ret(floats, place->index), 0, 10, n) : 0;
    case PLACE_STACK_ARG:
        return place->offset < 0
                   ? 0
                   : copy(to, capture->stack, (size_t)place->offset, capture->stack_got, n);
    case PLACE_POINTEE:
        return load_pointee(capture, place, to, n);
    case PLACE_POINTEE_STATE:
        *to = (uint8_t)capture->pointees[place->index].result;
        return 1;
    case PLACE_NONE:
    case PLACE_EXTRA:
        break;
    }
    return 0;
}

bool capture_load_word(const struct capture *capture, const struct value_place *place,
                       uint64_t *word)
{
    uint8_t bytes[sizeof(*word)] = {0};
    bool whole = capture_load(capture, place, bytes, sizeof(bytes)) == sizeof(bytes);
    *word = 0;
    if (whole)
        memcpy(word, bytes, sizeof(*word));
    return whole;
}

enum pointee_state capture_pointee_state(const struct capture *capture,
                                         const struct value_place *place)
{
    return place->kind == PLACE_POINTEE ? capture->pointees[place->index].result : POINTEE_READ;
}
