/* SPDX-License-Identifier: MIT */
#include "model/call_lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/error.h"
#include "util/text.h"

enum { DEPTH_MAX = 100 }; /* deeper calls are not indented further */

struct call_lines {
    bool timestamp;
    /* The last line, if it was an entry: the exit of that call needs no name. */
    pid_t last_tid; /* 0: it was not an entry */
    const struct probe *last_probe;
    uint32_t last_depth;
    char *text;
    size_t length;
    size_t capacity;
    bool cut; /* out of memory: the rest of the line is missing */
};

struct call_lines *call_lines_new(bool timestamp)
{
    struct call_lines *lines = calloc(1, sizeof(*lines));
    if (lines)
        lines->timestamp = timestamp;
    return lines;
}

void call_lines_free(struct call_lines *lines)
{
    if (lines)
        free(lines->text);
    free(lines);
}

/* Makes space for n more bytes in the line. false: out of memory. */
static bool line_room(struct call_lines *lines, size_t n)
{
    if (lines->cut)
        return false;
    if (lines->length + n <= lines->capacity)
        return true;
    size_t capacity = (lines->length + n) * 2;
    char *text = realloc(lines->text, capacity);
    if (!text) {
        lines->cut = true;
        return false;
    }
    lines->text = text;
    lines->capacity = capacity;
    return true;
}

static void line_bytes(struct call_lines *lines, const char *bytes, size_t n)
{
    if (!line_room(lines, n))
        return;
    memcpy(lines->text + lines->length, bytes, n);
    lines->length += n;
}

static void line_text(struct call_lines *lines, const char *text)
{
    line_bytes(lines, text, strlen(text));
}

PRINTF_LIKE(2, 3) static void line_format(struct call_lines *lines, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0)
        line_bytes(lines, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* A name from the target's symbols, with control characters escaped. */
static void line_name(struct call_lines *lines, const char *name)
{
    size_t n = strlen(name);
    /* An escaped byte has at most four. */
    if (line_room(lines, 4 * n + 5))
        lines->length += text_escape(lines->text + lines->length, 4 * n + 5, name, n);
}

static void line_quoted(struct call_lines *lines, const char *text)
{
    line_text(lines, "\"");
    while (*text) {
        size_t plain = strcspn(text, "\"\\\n\t\r");
        if (line_room(lines, 4 * plain + 5))
            lines->length += text_escape(lines->text + lines->length, 4 * plain + 5, text, plain);
        text += plain;
        if (!*text)
            break;
        const char escaped[] = {'\\', *text == '\n'   ? 'n'
                                      : *text == '\t' ? 't'
                                      : *text == '\r' ? 'r'
                                                      : *text};
        line_bytes(lines, escaped, sizeof(escaped));
        text++;
    }
    line_text(lines, "\"");
}

static void line_string(struct call_lines *lines, const char *text)
{
    if (strcmp(text, "(null)") == 0 || strcmp(text, "(bad address)") == 0)
        line_text(lines, text);
    else
        line_quoted(lines, text);
}

/* The shortest decimal that strtod() reads back as the same number. */
static void line_float(struct call_lines *lines, uint64_t bits, size_t size)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    bool narrow = size == sizeof(float);
    int digits = narrow ? 6 : 15, most = narrow ? 9 : 17;
    char text[64];
    for (;; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        bool same = narrow ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
        if (same || isnan(value) || digits == most)
            break;
    }
    line_text(lines, text);
}

static const struct enum_label *find_label(const struct enum_type *type, uint64_t value)
{
    for (size_t i = 0; i < type->n_labels; i++)
        if (type->labels[i].value == value)
            return &type->labels[i];
    return NULL;
}

static void line_integer(struct call_lines *lines, uint64_t value, bool is_signed)
{
    if (is_signed)
        line_format(lines, "%lld", (long long)value);
    else
        line_format(lines, "%llu", (unsigned long long)value);
}

/* Whether the enumerators are flags (single bits) and the value has some of them. */
static bool has_flags(const struct enum_type *type, uint64_t value)
{
    uint64_t flags = 0;
    for (size_t i = 0; i < type->n_labels; i++) {
        uint64_t flag = type->labels[i].value;
        if ((flag & (flag - 1)) != 0)
            return false;
        flags |= flag;
    }
    /* The values 0, 1 and 2 alone are more likely an ordinary enumeration. */
    return flags > 3 && (flags & value) != 0;
}

static void line_enum(struct call_lines *lines, const struct field *field, uint64_t value)
{
    const struct enum_type *type = field->enumeration;
    const struct enum_label *label = type ? find_label(type, value) : NULL;
    if (label) {
        line_name(lines, label->name);
        return;
    }
    if (!type || !has_flags(type, value)) {
        line_integer(lines, value, field->is_signed);
        return;
    }
    const char *separator = "";
    for (size_t i = 0; i < type->n_labels; i++) {
        const struct enum_label *flag = &type->labels[i];
        if (flag->value == 0 || (value & flag->value) != flag->value)
            continue;
        line_text(lines, separator);
        line_name(lines, flag->name);
        value &= ~flag->value;
        separator = "|";
    }
    if (value)
        line_format(lines, "%s0x%llx", separator, (unsigned long long)value);
}

static void line_value(struct call_lines *lines, const struct field *field, const struct hit *hit,
                       size_t i)
{
    uint64_t value = i < hit->n_values ? hit->values[i] : 0;
    switch (field->kind) {
    case VALUE_INTEGER:
        line_integer(lines, value, field->is_signed);
        break;
    case VALUE_BOOL:
        line_integer(lines, value, false);
        break;
    case VALUE_FLOAT:
        line_float(lines, value, field->size);
        break;
    case VALUE_STRING:
        line_string(lines, i < hit->n_values ? hit->text + value : "");
        break;
    case VALUE_SYMBOL:
        line_name(lines, i < hit->n_values ? hit->text + value : "");
        break;
    case VALUE_CHARS:
        line_quoted(lines, i < hit->n_values ? hit->text + value : "");
        break;
    case VALUE_HEX128:
        line_text(lines, i < hit->n_values ? hit->text + value : "0x0");
        break;
    case VALUE_COUNT:
        line_integer(lines, value, false);
        break;
    case VALUE_ENUM:
        line_enum(lines, field, value);
        break;
    case VALUE_POINTER:
    case VALUE_WORD:
        line_format(lines, "0x%llx", (unsigned long long)value);
        break;
    }
}

static void line_timestamp(struct call_lines *lines, int64_t real_ns)
{
    struct tm local;
    time_t seconds = real_ns / 1000000000;
    if (!localtime_r(&seconds, &local))
        return;
    line_format(lines, "%02d:%02d:%02d.%06lld ", local.tm_hour, local.tm_min, local.tm_sec,
                (long long)(real_ns % 1000000000 / 1000));
}

/* How the pointer that leads to the field was read; POINTEE_READ if the field needs none. */
static enum pointee_state state_of(const struct field *field, const struct hit *hit)
{
    return field->guard && field->guard <= hit->n_values
               ? (enum pointee_state)hit->values[field->guard - 1]
               : POINTEE_READ;
}

/* "(null)" or "(bad address)" for a field behind a reference that cannot be read; NULL: it was
   read. */
static const char *absence_text(const struct field *field, const struct hit *hit)
{
    enum pointee_state state = field->is_referred ? state_of(field, hit) : POINTEE_READ;
    return state == POINTEE_READ ? NULL : state == POINTEE_NULL ? "(null)" : "(bad address)";
}

/* Two kinds are not shown by themselves: the state of a pointer, which shows in the pointee's text,
   and a function's name, which follows its address. */
static bool is_shown(const struct field *field, const struct hit *hit)
{
    return field->place.kind != PLACE_POINTEE_STATE && field->kind != VALUE_SYMBOL &&
           (field->is_referred || state_of(field, hit) == POINTEE_READ);
}

/*
 * What follows the address in field number i: the name of its function, or that it cannot be read.
 */
static void line_address(struct call_lines *lines, const struct field *fields, size_t n, size_t i,
                         const struct hit *hit)
{
    const struct field *next = i + 1 < n && i + 1 < hit->n_values ? &fields[i + 1] : NULL;
    if (!next || fields[i].kind != VALUE_POINTER)
        return;
    if (next->kind == VALUE_SYMBOL) {
        const char *name = hit->text + hit->values[i + 1];
        /* Code without a name shows the address again. */
        if (hit->values[i] == 0 || !*name || strncmp(name, "0x", 2) == 0)
            return;
        line_text(lines, " <");
        line_name(lines, name);
        line_text(lines, ">");
    } else if (next->guard != fields[i].guard && !next->is_referred &&
               next->place.kind != PLACE_POINTEE_STATE && state_of(next, hit) == POINTEE_BAD) {
        line_text(lines, " (bad address)");
    }
}

/* "a = 1, b = 2"; without the names if not `named`. */
static void line_fields(struct call_lines *lines, const struct field *fields, size_t n, bool named,
                        const struct hit *hit)
{
    const char *separator = "";
    for (size_t i = 0; i < n; i++) {
        if (!is_shown(&fields[i], hit))
            continue;
        line_text(lines, separator);
        separator = ", ";
        if (named) {
            line_name(lines, fields[i].name);
            line_text(lines, " = ");
        }
        const char *absent = absence_text(&fields[i], hit);
        if (absent) {
            line_text(lines, absent);
            continue;
        }
        line_value(lines, &fields[i], hit, i);
        line_address(lines, fields, n, i, hit);
    }
}

static size_t count_shown(const struct field *fields, size_t n, const struct hit *hit)
{
    size_t shown = 0;
    for (size_t i = 0; i < n; i++)
        shown += is_shown(&fields[i], hit);
    return shown;
}

/* The extra fields (--with): "depth = 1, caller = "main+0x1c"". */
static void line_extras(struct call_lines *lines, const struct field *fields, size_t n,
                        size_t n_extras, const struct hit *hit)
{
    for (size_t i = n - n_extras; i < n; i++) {
        line_text(lines, i == n - n_extras ? " " : ", ");
        line_name(lines, fields[i].name);
        line_text(lines, " = ");
        line_value(lines, &fields[i], hit, i);
    }
}

static void line_entry(struct call_lines *lines, const struct hit *hit)
{
    const struct probe *probe = hit->probe;
    line_name(lines, probe->provider);
    line_text(lines, ":");
    line_name(lines, probe->function);
    line_text(lines, "(");
    line_fields(lines, probe->args, probe->n_args - probe->n_arg_extras, true, hit);
    line_text(lines, ")");
    line_extras(lines, probe->args, probe->n_args, probe->n_arg_extras, hit);
}

/* The end of a call: "} mylib:f " if its entry was not the last line. Returns whether it was. */
static bool line_end(struct call_lines *lines, const struct hit *hit)
{
    const struct probe *probe = hit->probe;
    bool follows = lines->last_tid == hit->tid && lines->last_probe == probe &&
                   lines->last_depth == hit->depth;
    if (!follows) {
        line_text(lines, "} ");
        line_name(lines, probe->provider);
        line_text(lines, ":");
        line_name(lines, probe->function);
        line_text(lines, " ");
    }
    return follows;
}

static void line_unwound(struct call_lines *lines, const struct hit *hit)
{
    line_text(lines, line_end(lines, hit) ? "} unwound" : "unwound");
}

static void line_exit(struct call_lines *lines, const struct call_line *line)
{
    const struct hit *hit = line->hit;
    const struct probe *probe = hit->probe;
    line_end(lines, hit);
    line_text(lines, "= ");
    size_t n_rets = probe->n_rets - probe->n_ret_extras, n = count_shown(probe->rets, n_rets, hit);
    const char *nothing = probe->result_unknown ? "?" : "void";
    line_text(lines, n == 0 ? nothing : n > 1 ? "{" : "");
    line_fields(lines, probe->rets, n_rets, n > 1, hit);
    line_text(lines, n > 1 ? "}" : "");
    if (line->no_duration)
        line_text(lines, " <?>");
    else
        line_format(lines, " <%llu.%06llu>", (unsigned long long)(hit->duration_ns / 1000000000),
                    (unsigned long long)(hit->duration_ns % 1000000000 / 1000));
    line_extras(lines, probe->rets, probe->n_rets, probe->n_ret_extras, hit);
}

const char *call_lines_format(struct call_lines *lines, const struct call_line *line,
                              size_t *length)
{
    const struct hit *hit = line->hit;
    lines->length = 0;
    lines->cut = false;
    if (lines->timestamp)
        line_timestamp(lines, line->real_ns);
    line_format(lines, "%d ", (int)hit->tid);
    for (uint32_t i = 0; i < hit->depth && i < DEPTH_MAX; i++)
        line_text(lines, "  ");
    if (hit->kind == HIT_ENTRY)
        line_entry(lines, hit);
    else if (hit->kind == HIT_UNWOUND)
        line_unwound(lines, hit);
    else
        line_exit(lines, line);
    line_text(lines, "\n");
    lines->last_tid = hit->kind == HIT_ENTRY ? hit->tid : 0;
    lines->last_probe = hit->probe;
    lines->last_depth = hit->depth;
    *length = lines->length;
    return lines->text;
}
