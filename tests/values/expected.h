/* SPDX-License-Identifier: MIT */
/*
 * Prints the lines that a trace of a program of generate.py must have. Two formats: "print", that
 * of --print, and "ctf", that of babeltrace2; both without the text before the event (process,
 * time, CPU). DEREF is the depth of --deref.
 */
#ifndef VALUES_EXPECTED_H
#define VALUES_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "random_values.h"

static bool out_ctf; /* the format */

/* clang describes _Complex long double and _Complex __float128 alike: where their formats differ,
   neither is shown. */
#if defined(__clang__) && __LDBL_MANT_DIG__ == 64
enum { complex_long_double_is_told = 0 };
#else
enum { complex_long_double_is_told = 1 };
#endif

struct enum_name {
    const char *name;
    int64_t value;
};

/* Why the value has no address (1: NULL, 2: a bad one): it is zero, and the text of strings is
   this. */
static unsigned out_missing;
/* The number of addresses followed to it. */
static unsigned out_level;

static const char *out_path[16];
static unsigned out_depth, out_fields;
static int out_kind;        /* 'e'ntry, e'x'it */
static char out_held[4096]; /* an exit's fields: braces only around several */
static size_t out_used;

static inline void out_push(const char *name)
{
    out_path[out_depth++] = name;
}

static inline void out_push_index(unsigned i)
{
    static const char *const numbers[] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",
                                          "8",  "9",  "10", "11", "12", "13", "14", "15",
                                          "16", "17", "18", "19", "20", "21", "22", "23"};
    out_push(numbers[i]);
}

static inline void out_pop(void)
{
    out_depth--;
}

__attribute__((format(printf, 1, 2))) static inline void out_text(const char *format, ...)
{
    __builtin_va_list args;
    __builtin_va_start(args, format);
    out_used += (size_t)vsnprintf(out_held + out_used, sizeof(out_held) - out_used, format, args);
    __builtin_va_end(args);
    if (out_used >= sizeof(out_held))
        abort();
}

static inline void out_name(void)
{
    out_text("%s", out_fields++ ? ", " : "");
    const char *separator = "";
    for (unsigned i = 0; i < out_depth; i++)
        if (*out_path[i]) {
            out_text("%s%s", separator, out_path[i]);
            separator = "_";
        }
    out_text(" = ");
}

static inline void out_int(long long value)
{
    out_name();
    out_text("%lld", value);
}

static inline void out_unsigned(unsigned long long value)
{
    out_name();
    out_text("%llu", value);
}

static inline void out_hex(uint64_t value)
{
    out_name();
    out_text(out_ctf ? "0x%llX" : "0x%llx", (unsigned long long)value);
}

static inline void out_pointer(const volatile void *value)
{
    out_hex((uintptr_t)value);
}

/* Prints the text of an absent value; returns whether it is absent. */
static inline bool out_absent(void)
{
    if (!out_missing)
        return false;
    out_name();
    out_text("\"%s\"", out_missing == 1 ? "(null)" : "(bad address)");
    return true;
}

static inline void out_hex128(unsigned __int128 value)
{
    uint64_t low = (uint64_t)value, high = (uint64_t)(value >> 64);
    if (out_absent())
        return;
    out_name();
    const char *quote = out_ctf ? "\"" : "";
    if (high)
        out_text("%s0x%llx%016llx%s", quote, (unsigned long long)high, (unsigned long long)low,
                 quote);
    else
        out_text("%s0x%llx%s", quote, (unsigned long long)low, quote);
}

static inline void out_float(float value)
{
    out_name();
    if (out_ctf) {
        out_text("%g", (double)value);
        return;
    }
    char text[64];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    out_text("%s", text);
}

static inline void out_double(double value)
{
    out_name();
    if (out_ctf) {
        out_text("%g", value);
        return;
    }
    char text[64];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    out_text("%s", text);
}

static inline void out_chars(const char *text, size_t n)
{
    if (out_absent())
        return;
    out_name();
    out_text("\"%.*s\"", (int)strnlen(text, n), text);
}

static inline void out_string(const char *text)
{
    const char *quote = out_ctf ? "\"" : "";
    if (out_absent())
        return;
    if (!text || (uintptr_t)text < 4096) {
        out_name();
        out_text("%s%s%s", quote, text ? "(bad address)" : "(null)", quote);
        return;
    }
    out_chars(text, 256);
}

static inline void out_wide_string(const wchar_t *text)
{
    for (size_t i = 0; i < sizeof(wide_texts) / sizeof(wide_texts[0]) && !out_missing; i++)
        if (text == wide_texts[i].wide) {
            out_string(wide_texts[i].text);
            return;
        }
    out_string((const char *)text);
}

static inline void out_wide_chars(const wchar_t *text, size_t n)
{
    char narrow[64];
    for (size_t i = 0; i < n; i++)
        narrow[i] = (char)text[i];
    out_chars(narrow, n);
}

static inline void out_enum(int64_t value, const struct enum_name *names, size_t n, bool is_signed)
{
    out_name();
    const char *name = NULL;
    int64_t flags = 0;
    bool is_flags = true;
    for (size_t i = 0; i < n; i++) {
        if (names[i].value == value && !name)
            name = names[i].name;
        flags |= names[i].value;
        is_flags &= (names[i].value & (names[i].value - 1)) == 0;
    }
    if (out_ctf && name)
        out_text("( \"%s\" : container = ", name);
    else if (out_ctf)
        out_text("( <unknown> : container = ");
    else if (name) {
        out_text("%s", name);
        return;
    } else if (is_flags && flags > 3 && (flags & value)) {
        const char *separator = "";
        for (size_t i = 0; i < n; i++)
            if (names[i].value && (value & names[i].value) == names[i].value) {
                out_text("%s%s", separator, names[i].name);
                value &= ~names[i].value;
                separator = "|";
            }
        if (value)
            out_text("|0x%llx", (unsigned long long)value);
        return;
    }
    if (is_signed)
        out_text("%lld", (long long)value);
    else
        out_text("%llu", (unsigned long long)value);
    if (out_ctf)
        out_text(" )");
}

/* ---- values behind addresses */

/* The value behind an address. */
struct out_target {
    unsigned state, outer;
    bool shown; /* shown, also if absent */
};

/* The value behind an address that was printed; DEREF says whether it is followed. */
static inline struct out_target out_follow(const volatile void *address)
{
    struct out_target target;
    target.outer = out_missing;
    target.state = out_missing ? out_missing : !address ? 1 : (uintptr_t)address < 4096 ? 2 : 0;
    if (target.state == 2 && !out_ctf)
        out_text(" (bad address)");
    target.shown = out_ctf || !target.state;
    out_missing = target.state;
    out_level++;
    return target;
}

static inline void out_followed(struct out_target target)
{
    static const struct enum_name states[] = {{"ok", 0}, {"null", 1}, {"bad_address", 2}};
    out_missing = target.outer;
    out_level--;
    if (!out_ctf)
        return;
    out_push("ptr");
    out_enum((int64_t)target.state, states, 3, false);
    out_pop();
}

/* The address of a function, possibly that of `known`. */
static inline void out_code(const volatile void *address, const volatile void *known)
{
    const char *name = address == known && !out_missing ? "known_function" : NULL;
    out_pointer(address);
    if (!out_ctf) {
        out_text(name ? " <%s>" : "", name);
    } else if (DEREF) {
        out_push("symbol");
        if (!out_absent()) {
            out_name();
            if (name || !address)
                out_text("\"%s\"", name ? name : "(null)");
            else
                out_text("\"0x%llx\"", (unsigned long long)(uintptr_t)address);
        }
        out_pop();
    }
}

/* A union: hex words of eight bytes and the rest. */
static inline void out_words(const void *value, size_t size)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, (const char *)value + at, size - at < 8 ? size - at : 8);
        if (size > 8)
            out_push_index((unsigned)(at / 8));
        out_hex(word);
        if (size > 8)
            out_pop();
    }
}

static inline void out_entry(const char *function)
{
    out_kind = 'e';
    out_used = out_fields = out_depth = 0;
    printf(out_ctf ? "%s_entry: {" : "%s(", function);
}

static inline void out_exit(const char *function)
{
    out_kind = 'x';
    out_used = out_fields = out_depth = 0;
    if (out_ctf)
        printf("%s_exit: {", function);
    else
        printf("= ");
    out_push("retval");
}

/* --print does not show the name of a single result. */
static inline void out_end(void)
{
    out_held[out_used] = '\0';
    if (out_ctf)
        printf(out_used ? " %s }\n" : " }\n", out_held);
    else if (out_kind == 'e')
        printf("%s)\n", out_held);
    else if (out_fields == 0)
        printf("void\n");
    else if (out_fields == 1)
        printf("%s\n", strstr(out_held, " = ") + 3);
    else
        printf("{%s}\n", out_held);
}

#endif
