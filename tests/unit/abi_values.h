/* SPDX-License-Identifier: MIT */
/* Values for tests of the procedure call standards, and their places as text. */
#ifndef TESTS_ABI_VALUES_H
#define TESTS_ABI_VALUES_H

#include <stdio.h>
#include <string.h>

#include "symbols/abi/abi.h"

#define PARTS(...)                                                                                 \
    (const struct abi_part[])                                                                      \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SCALAR(bytes, kind)                                                                        \
    {                                                                                              \
        .shape = ABI_SCALAR, .size = bytes, .align = bytes, .n_parts = 1,                          \
        .parts = PARTS({0, bytes, kind})                                                           \
    }
#define INT      SCALAR(4, ABI_INTEGER)
#define LONG     SCALAR(8, ABI_INTEGER)
#define FLOAT    SCALAR(4, ABI_FLOAT)
#define DOUBLE   SCALAR(8, ABI_FLOAT)
#define EXTENDED SCALAR(16, ABI_EXTENDED)
#define QUAD     SCALAR(16, ABI_FLOAT)
#define VECTOR   SCALAR(16, ABI_VECTOR)
#define VECTOR32 SCALAR(32, ABI_VECTOR)
#define INT128                                                                                     \
    {                                                                                              \
        .shape = ABI_INT128, .size = 16, .align = 16, .n_parts = 2,                                \
        .parts = PARTS({0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER})                                   \
    }
#define STRUCT(size_, align_, n, ...)                                                              \
    {                                                                                              \
        .shape = ABI_AGGREGATE, .size = size_, .align = align_, .n_parts = n,                      \
        .parts = PARTS(__VA_ARGS__)                                                                \
    }
#define TWO_LONGS STRUCT(16, 8, 2, {0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER})
#define BIG       STRUCT(24, 8, 3, {0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER}, {16, 8, ABI_INTEGER})
#define EMPTY                                                                                      \
    {                                                                                              \
        .shape = ABI_AGGREGATE, .size = 1, .align = 1                                              \
    }
#define INDIRECT                                                                                   \
    {                                                                                              \
        .shape = ABI_INDIRECT, .size = 24, .align = 8                                              \
    }
#define UNKNOWN                                                                                    \
    {                                                                                              \
        .shape = ABI_UNCLASSIFIED                                                                  \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .shape = ABI_VOID                                                                          \
    }
/* A complex number of two parts of that size. */
#define COMPLEX(bytes, kind)                                                                       \
    {                                                                                              \
        .shape = ABI_COMPLEX, .size = 2 * (bytes), .align = bytes, .n_parts = 2,                   \
        .parts = PARTS({0, bytes, kind}, {bytes, bytes, kind})                                     \
    }

/* One of either of the 16-byte formats. */
#define WIDE                                                                                       \
    {                                                                                              \
        .shape = ABI_COMPLEX, .size = 32, .align = 16, .n_parts = 1,                               \
        .parts = PARTS({0, 32, ABI_WIDE})                                                          \
    }

/* i1 f2: argument registers; s16: on the stack; I0 F1 X: of results; R: the address that the caller
   passes for a result. */
static void show_place(char *out, const struct value_place *place)
{
    char text[16] = "-";
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
        snprintf(text, sizeof(text), "i%d", place->index);
        break;
    case PLACE_FLOAT_ARG:
        snprintf(text, sizeof(text), "f%d", place->index);
        break;
    case PLACE_STACK_ARG:
        snprintf(text, sizeof(text), "s%d", place->offset);
        break;
    case PLACE_INTEGER_RET:
        snprintf(text, sizeof(text), "I%d", place->index);
        break;
    case PLACE_FLOAT_RET:
        snprintf(text, sizeof(text), "F%d", place->index);
        break;
    case PLACE_X87_RET:
        strcpy(text, "X");
        break;
    case PLACE_RESULT_ADDRESS:
        strcpy(text, "R");
        break;
    default:
        break;
    }
    strcat(out, text);
}

/* "&" stands before the place of an address, "f0-f3*4" is four registers with 4 bytes each. */
static void show(char *out, const struct abi_location *at)
{
    if (at->where == ABI_ADDRESS)
        strcat(out, "&");
    show_place(out, &at->place);
    /* Both eightbytes count if the second is separate. */
    if (at->where == ABI_PIECES && at->second.kind != PLACE_NONE) {
        strcat(out, "+");
        show_place(out, &at->second);
    }
    if (at->where == ABI_ELEMENTS) {
        struct value_place last = at->place;
        char element[16];
        last.index = (uint16_t)(last.index + at->n - 1);
        strcat(out, "-");
        show_place(out, &last);
        snprintf(element, sizeof(element), "*%d", at->element);
        strcat(out, element);
    }
}

#endif
