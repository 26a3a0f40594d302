/* SPDX-License-Identifier: MIT */
/* The invented functions of tp_driver.c: valid ones, with fields of every kind, and invalid ones
   that a back end must leave out. They do not exist; each hit has invented values. */
#ifndef TP_PROBES_H
#define TP_PROBES_H

#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"

static const struct enum_label colour_labels[] = {
    {"RED", 0}, {"GREEN", 1}, {"BLUE", 2}, {"CRIMSON", 0}, {"odd \"label\\", 3}};
static const struct enum_label level_labels[] = {{"LOW", (uint64_t)-5}, {"ZERO", 0}, {"HIGH", 5}};
static const struct enum_type colour = {"colour", 5, colour_labels};
static const struct enum_type level = {"level", 3, level_labels};
static const struct enum_type nameless = {NULL, 0, NULL};

#define INT(name_, size_, signed_)                                                                 \
    {                                                                                              \
        .name = (name_), .kind = VALUE_INTEGER, .size = (size_), .is_signed = (signed_)            \
    }
#define OTHER(name_, kind_, size_)                                                                 \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .size = (size_)                                          \
    }
#define ENUM(name_, size_, signed_, type_)                                                         \
    {                                                                                              \
        .name = (name_), .kind = VALUE_ENUM, .size = (size_), .is_signed = (signed_),              \
        .enumeration = (type_)                                                                     \
    }

static const struct field integer_args[] = {
    INT("i8", 1, true),  INT("i16", 2, true),  INT("i32", 4, true),  INT("i64", 8, true),
    INT("u8", 1, false), INT("u16", 2, false), INT("u32", 4, false), INT("u64", 8, false),
};
static const uint64_t integer_values[] = {
    (uint64_t)INT8_MIN, (uint64_t)INT16_MIN, (uint64_t)INT32_MIN, (uint64_t)INT64_MIN,
    UINT8_MAX,          UINT16_MAX,          UINT32_MAX,          UINT64_MAX,
};

static const struct field other_args[] = {
    INT("n", 4, true),
    OTHER("flag", VALUE_BOOL, 1),
    OTHER("single", VALUE_FLOAT, 4),
    OTHER("wide", VALUE_FLOAT, 8),
    OTHER("widest", VALUE_FLOAT, 16),
    OTHER("pointer", VALUE_POINTER, 8),
    OTHER("word", VALUE_WORD, 8),
    OTHER("text", VALUE_STRING, 8),
    ENUM("colour", 4, false, &colour),
    ENUM("level", 2, true, &level),
    ENUM("plain", 1, false, &nameless),
    OTHER("last", VALUE_STRING, 8),
};
static const struct field int_ret[] = {INT("retval", 4, true)};
static const struct field text_ret[] = {OTHER("retval", VALUE_STRING, 8)};
static const struct field one_arg[] = {INT("n", 4, true)};
static const struct field two_args[] = {INT("n", 4, true), INT("m", 4, true)};
static const struct field bad_field[] = {INT("a b", 4, true)};
static const struct field twice[] = {INT("a", 4, true), INT("a", 4, true)};
static const struct field underscores[] = {INT("_a", 4, true), INT("a", 4, true)};
static const struct field keyword[] = {INT("Bool", 4, true)};
static const struct field no_size[] = {INT("a", 3, true)};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PROBE(provider_, function_, args_, n_args_, rets_, n_rets_)                                \
    {                                                                                              \
        .provider = (provider_), .function = (function_), .entry_event = function_ "_entry",       \
        .exit_event = function_ "_exit", .n_args = (n_args_), .args = (args_),                     \
        .n_rets = (n_rets_), .rets = (rets_)                                                       \
    }

static const struct probe kinds[] = {
    PROBE("kinds", "integers", integer_args, COUNT_OF(integer_args), int_ret, 1),
    PROBE("kinds", "others", other_args, COUNT_OF(other_args), text_ret, 1),
    PROBE("kinds", "nothing", NULL, 0, NULL, 0),
    PROBE("kinds", "static", one_arg, 1, NULL, 0),
    PROBE("kinds", "static", one_arg, 1, NULL, 0), /* shares the events of the one before */
};
static const struct probe odd[] = {
    PROBE("odd", "operator*", one_arg, 1, NULL, 0),
    PROBE("odd", "ns::Class::method(int)", one_arg, 1, NULL, 0),
    PROBE("odd", "fib.constprop.0", one_arg, 1, NULL, 0),
    PROBE("odd", "grün", one_arg, 1, NULL, 0),
    PROBE("odd", "operator*", two_args, 2, NULL, 0), /* the name is taken, with other fields */
    PROBE("odd", "quo\"te", one_arg, 1, NULL, 0),
    PROBE("odd", "back\\slash", one_arg, 1, NULL, 0),
    PROBE("odd", "com,ma", one_arg, 1, NULL, 0),
    PROBE("odd", "control\x1b", one_arg, 1, NULL, 0),
    PROBE("odd", "bytes\xff", one_arg, 1, NULL, 0),
    PROBE("odd", "fields", bad_field, 1, NULL, 0),
    PROBE("odd", "twice", twice, 2, NULL, 0),
    PROBE("odd", "underscores", underscores, 2, NULL, 0),
    PROBE("odd", "keyword", keyword, 1, NULL, 0),
    PROBE("odd", "size", no_size, 1, NULL, 0),
    PROBE("co:lon", "f", one_arg, 1, NULL, 0),
};
static const struct probe late[] = {PROBE("late", "comer", one_arg, 1, NULL, 0)};

#endif
