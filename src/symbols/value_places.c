/* SPDX-License-Identifier: MIT */
#include "symbols/value_places.h"

/* Extends the pointee to include the bytes from `low` to `high` (exclusive) after its address. */
static bool extend_pointee(struct pointee *pointee, int64_t low, int64_t high)
{
    int64_t pointee_high = pointee->low + pointee->size;
    if (pointee->size == 0) {
        pointee->low = (int32_t)low;
        pointee_high = high;
    }
    low = low < pointee->low ? low : pointee->low;
    high = high > pointee_high ? high : pointee_high;
    if (high - low > PROBE_POINTEE_MAX)
        return false;
    pointee->low = (int32_t)low;
    pointee->size = (uint16_t)(high - low);
    return true;
}

uint16_t value_places_pointee(const struct pointees *pointees, const struct value_place *address)
{
    uint16_t i = 0;
    while (i < pointees->n && !place_is_same(&pointees->items[i].address, address))
        i++;
    return i;
}

/* The place of `size` bytes at `offset` after the address that lies at `address`. */
static bool place_behind(struct pointees *pointees, const struct value_place *address,
                         uint64_t offset, uint64_t size, struct value_place *place)
{
    size_t i = value_places_pointee(pointees, address);
    if (address->kind == PLACE_NONE || offset > INT32_MAX - PROBE_POINTEE_MAX ||
        size > PROBE_POINTEE_MAX)
        return false;
    if (i == PROBE_POINTEES_MAX)
        return false;
    struct pointee *pointee = &pointees->items[i];
    if (i == pointees->n)
        *pointee = (struct pointee){.address = *address};
    if (!extend_pointee(pointee, (int64_t)offset, (int64_t)(offset + size)))
        return false;
    pointees->n += i == pointees->n;
    *place = (struct value_place){
        .kind = PLACE_POINTEE, .index = (uint16_t)i, .offset = (int32_t)offset};
    return true;
}

/* The place of bytes of a value that is contiguous. */
static bool place_in_whole(const struct abi_location *at, uint64_t offset, uint64_t size,
                           struct value_place *place)
{
    *place = at->place;
    if (offset > PROBE_STACK_MAX || size > PROBE_STACK_MAX)
        return false;
    switch (place->kind) {
    case PLACE_STACK_ARG:
        offset += (uint64_t)place->offset;
        place->offset = (int32_t)offset;
        return offset + size <= PROBE_STACK_MAX;
    case PLACE_X87_RET:
        place->index = (uint16_t)(offset / 16);
        return offset % 16 == 0 && offset < 32 && size == 16;
    case PLACE_INTEGER_ARG:
    case PLACE_INTEGER_RET:
    case PLACE_RESULT_ADDRESS:
        place->shift = (uint8_t)offset;
        return offset + size <= 8;
    case PLACE_FLOAT_ARG:
    case PLACE_FLOAT_RET:
        place->shift = (uint8_t)offset;
        return offset + size <= 16;
    case PLACE_NONE:
    case PLACE_POINTEE:
    case PLACE_POINTEE_STATE:
    case PLACE_EXTRA:
        break;
    }
    return false;
}

/* The place of bytes of a value whose halves are in two places. *rest: those in the second one. */
static bool place_in_pieces(const struct abi_location *at, uint64_t offset, uint64_t size,
                            struct value_place *place, struct value_place *rest)
{
    if (offset > 16 || size > 16 || offset + size > 16)
        return false;
    *place = offset >= 8 ? at->second : at->place;
    if (offset < 8 && offset + size > 8)
        *rest = at->second;
    place->shift = offset % 8;
    if (place->kind == PLACE_STACK_ARG)
        place->offset += place->shift;
    return place->kind != PLACE_NONE && (offset >= 8 || offset + size <= 8 || rest->kind);
}

/* The place of bytes of a value whose elements are in consecutive registers: in one of them, or in
   two, with *split bytes in the first. */
static bool place_in_elements(const struct abi_location *at, uint64_t offset, uint64_t size,
                              struct value_place *place, struct value_place *rest, uint8_t *split)
{
    uint64_t index = offset / at->element, shift = offset % at->element,
             first = at->element - shift;
    if (index >= at->n)
        return false;
    *place = at->place;
    place->index = (uint16_t)(place->index + index);
    place->shift = (uint8_t)shift;
    if (size <= first)
        return true;
    *rest = at->place;
    rest->index = (uint16_t)(place->index + 1);
    *split = (uint8_t)first;
    return index + 1 < at->n && size - first <= at->element;
}

/* The place of the `size` bytes at `offset` of the value. */
static bool place_bytes(struct pointees *pointees, const struct abi_location *at, uint64_t offset,
                        uint64_t size, struct value_place *place, struct value_place *rest,
                        uint8_t *split)
{
    *place = *rest = (struct value_place){0};
    *split = 0;
    switch (at->where) {
    case ABI_ADDRESS:
        return offset <= INT32_MAX &&
               place_behind(pointees, &at->place, offset + (uint64_t)at->beyond, size, place);
    case ABI_WHOLE:
        return place_in_whole(at, offset, size, place);
    case ABI_PIECES:
        return place_in_pieces(at, offset, size, place, rest);
    case ABI_ELEMENTS:
        return place_in_elements(at, offset, size, place, rest, split);
    case ABI_NOWHERE:
        break;
    }
    return false;
}

/* The place of 8 bytes of the value, which must be contiguous. */
static bool place_word(struct pointees *pointees, const struct abi_location *at, uint64_t offset,
                       struct value_place *place)
{
    struct value_place rest;
    uint8_t split;
    return place_bytes(pointees, at, offset, 8, place, &rest, &split) && rest.kind == PLACE_NONE;
}

/* The place of a scalar in the memory that the value refers to. */
static bool place_referred(struct pointees *pointees, const struct abi_location *at,
                           const struct c_scalar *scalar, struct field *field)
{
    struct value_place address;
    if (!place_word(pointees, at, scalar->reference, &address))
        return false;
    struct abi_location there = {.where = ABI_ADDRESS, .place = address};
    return place_word(pointees, &there, scalar->offset, &field->place) &&
           (!scalar->has_second || place_word(pointees, &there, scalar->second, &field->second));
}

bool value_places_scalar(struct pointees *pointees, const struct abi_location *at,
                         const struct c_scalar *scalar, struct field *field)
{
    uint64_t size = scalar->bits ? (scalar->bit + scalar->bits + 7u) / 8u : scalar->size;
    if (scalar->referred)
        return place_referred(pointees, at, scalar, field);
    return place_bytes(pointees, at, scalar->offset, size, &field->place, &field->rest,
                       &field->split) &&
           (!scalar->has_second || place_word(pointees, at, scalar->second, &field->second));
}

static size_t stack_end(const struct value_place *place, size_t size)
{
    return place->kind == PLACE_STACK_ARG ? (size_t)place->offset + size : 0;
}

size_t value_places_stack_end(const struct field *field)
{
    size_t place = stack_end(&field->place, field_bytes(field)),
           rest = stack_end(&field->rest, sizeof(uint64_t)),
           second = stack_end(&field->second, sizeof(uint64_t));
    size_t end = place > rest ? place : rest;
    return end > second ? end : second;
}
