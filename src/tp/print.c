/* SPDX-License-Identifier: MIT */
/*
 * Each hit is one line. Other lines may come between the entry and the exit of a call. An exit that
 * does not directly follow its entry names the function again:
 *
 *     12345 mylib:outer(n = 1)
 *     12345   mylib:inner(n = 2)
 *     12345   = 42 <0.000012>
 *     12345 } mylib:outer = 43 <0.000112>
 */
#include "tp/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/error.h"
#include "util/text.h"

enum { DEPTH_MAX = 100 }; /* deeper calls are not indented further */

struct print {
    FILE *stream;
    bool timestamp;
    /* The last line, if it was an entry: the exit of that call needs no name. */
    pid_t last_tid; /* 0: it was not an entry */
    const struct probe *last_probe;
    uint32_t last_depth;
    char *line;
    size_t length;
    size_t capacity;
    bool cut; /* out of memory: the rest of the line is missing */
};

struct print *print_new(FILE *stream, bool timestamp)
{
    struct print *print = calloc(1, sizeof(*print));
    if (print) {
        print->stream = stream;
        print->timestamp = timestamp;
    }
    return print;
}

void print_free(struct print *print)
{
    if (print)
        free(print->line);
    free(print);
}

/* Makes space for n more bytes in the line. false: out of memory. */
static bool line_room(struct print *print, size_t n)
{
    if (print->cut)
        return false;
    if (print->length + n <= print->capacity)
        return true;
    size_t capacity = (print->length + n) * 2;
    char *line = realloc(print->line, capacity);
    if (!line) {
        print->cut = true;
        return false;
    }
    print->line = line;
    print->capacity = capacity;
    return true;
}

static void line_bytes(struct print *print, const char *bytes, size_t n)
{
    if (!line_room(print, n))
        return;
    memcpy(print->line + print->length, bytes, n);
    print->length += n;
}

static void line_text(struct print *print, const char *text)
{
    line_bytes(print, text, strlen(text));
}

PRINTF_LIKE(2, 3) static void line_format(struct print *print, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0)
        line_bytes(print, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* A name from the target's symbols, with control characters escaped. */
static void line_name(struct print *print, const char *name)
{
    size_t n = strlen(name);
    /* An escaped byte has at most four. */
    if (line_room(print, 4 * n + 5))
        print->length += text_escape(print->line + print->length, 4 * n + 5, name, n);
}

static void line_quoted(struct print *print, const char *text)
{
    line_text(print, "\"");
    while (*text) {
        size_t plain = strcspn(text, "\"\\\n\t\r");
        if (line_room(print, 4 * plain + 5))
            print->length += text_escape(print->line + print->length, 4 * plain + 5, text, plain);
        text += plain;
        if (!*text)
            break;
        const char escaped[] = {'\\', *text == '\n'   ? 'n'
                                      : *text == '\t' ? 't'
                                      : *text == '\r' ? 'r'
                                                      : *text};
        line_bytes(print, escaped, sizeof(escaped));
        text++;
    }
    line_text(print, "\"");
}

static void line_string(struct print *print, const char *text)
{
    if (strcmp(text, "(null)") == 0 || strcmp(text, "(bad address)") == 0)
        line_text(print, text);
    else
        line_quoted(print, text);
}

/* The shortest decimal that strtod() reads back as the same number. */
static void line_float(struct print *print, uint64_t bits, size_t size)
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
    line_text(print, text);
}

static const struct enum_label *find_label(const struct enum_type *type, uint64_t value)
{
    for (size_t i = 0; i < type->n_labels; i++)
        if (type->labels[i].value == value)
            return &type->labels[i];
    return NULL;
}

static void line_integer(struct print *print, uint64_t value, bool is_signed)
{
    if (is_signed)
        line_format(print, "%lld", (long long)value);
    else
        line_format(print, "%llu", (unsigned long long)value);
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

static void line_enum(struct print *print, const struct field *field, uint64_t value)
{
    const struct enum_type *type = field->enumeration;
    const struct enum_label *label = type ? find_label(type, value) : NULL;
    if (label) {
        line_name(print, label->name);
        return;
    }
    if (!type || !has_flags(type, value)) {
        line_integer(print, value, field->is_signed);
        return;
    }
    const char *separator = "";
    for (size_t i = 0; i < type->n_labels; i++) {
        const struct enum_label *flag = &type->labels[i];
        if (flag->value == 0 || (value & flag->value) != flag->value)
            continue;
        line_text(print, separator);
        line_name(print, flag->name);
        value &= ~flag->value;
        separator = "|";
    }
    if (value)
        line_format(print, "%s0x%llx", separator, (unsigned long long)value);
}

static void line_value(struct print *print, const struct field *field, const struct hit *hit,
                       size_t i)
{
    uint64_t value = i < hit->n_values ? hit->values[i] : 0;
    switch (field->kind) {
    case VALUE_INTEGER:
        line_integer(print, value, field->is_signed);
        break;
    case VALUE_BOOL:
        line_integer(print, value, false);
        break;
    case VALUE_FLOAT:
        line_float(print, value, field->size);
        break;
    case VALUE_STRING:
        line_string(print, i < hit->n_values ? hit->text + value : "");
        break;
    case VALUE_SYMBOL:
        line_name(print, i < hit->n_values ? hit->text + value : "");
        break;
    case VALUE_CHARS:
        line_quoted(print, i < hit->n_values ? hit->text + value : "");
        break;
    case VALUE_HEX128:
        line_text(print, i < hit->n_values ? hit->text + value : "0x0");
        break;
    case VALUE_COUNT:
        line_integer(print, value, false);
        break;
    case VALUE_ENUM:
        line_enum(print, field, value);
        break;
    case VALUE_POINTER:
    case VALUE_WORD:
        line_format(print, "0x%llx", (unsigned long long)value);
        break;
    }
}

/* Converts the hit's CLOCK_MONOTONIC time to the time of day by the current distance of both
   clocks. */
static void line_timestamp(struct print *print, const struct hit *hit)
{
    struct timespec monotonic, real;
    struct tm local;
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t age =
        (int64_t)monotonic.tv_sec * 1000000000 + monotonic.tv_nsec - (int64_t)hit->time_ns;
    int64_t then = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec - age;
    time_t seconds = then / 1000000000;
    if (!localtime_r(&seconds, &local))
        return;
    line_format(print, "%02d:%02d:%02d.%06lld ", local.tm_hour, local.tm_min, local.tm_sec,
                (long long)(then % 1000000000 / 1000));
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
static void line_address(struct print *print, const struct field *fields, size_t n, size_t i,
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
        line_text(print, " <");
        line_name(print, name);
        line_text(print, ">");
    } else if (next->guard != fields[i].guard && !next->is_referred &&
               next->place.kind != PLACE_POINTEE_STATE && state_of(next, hit) == POINTEE_BAD) {
        line_text(print, " (bad address)");
    }
}

/* "a = 1, b = 2"; without the names if not `named`. */
static void line_fields(struct print *print, const struct field *fields, size_t n, bool named,
                        const struct hit *hit)
{
    const char *separator = "";
    for (size_t i = 0; i < n; i++) {
        if (!is_shown(&fields[i], hit))
            continue;
        line_text(print, separator);
        separator = ", ";
        if (named) {
            line_name(print, fields[i].name);
            line_text(print, " = ");
        }
        const char *absent = absence_text(&fields[i], hit);
        if (absent) {
            line_text(print, absent);
            continue;
        }
        line_value(print, &fields[i], hit, i);
        line_address(print, fields, n, i, hit);
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
static void line_extras(struct print *print, const struct field *fields, size_t n, size_t n_extras,
                        const struct hit *hit)
{
    for (size_t i = n - n_extras; i < n; i++) {
        line_text(print, i == n - n_extras ? " " : ", ");
        line_name(print, fields[i].name);
        line_text(print, " = ");
        line_value(print, &fields[i], hit, i);
    }
}

static void line_entry(struct print *print, const struct hit *hit)
{
    const struct probe *probe = hit->probe;
    line_name(print, probe->provider);
    line_text(print, ":");
    line_name(print, probe->function);
    line_text(print, "(");
    line_fields(print, probe->args, probe->n_args - probe->n_arg_extras, true, hit);
    line_text(print, ")");
    line_extras(print, probe->args, probe->n_args, probe->n_arg_extras, hit);
}

static void line_exit(struct print *print, const struct hit *hit)
{
    const struct probe *probe = hit->probe;
    bool follows = print->last_tid == hit->tid && print->last_probe == probe &&
                   print->last_depth == hit->depth;
    if (!follows) {
        line_text(print, "} ");
        line_name(print, probe->provider);
        line_text(print, ":");
        line_name(print, probe->function);
        line_text(print, " ");
    }
    line_text(print, "= ");
    size_t n_rets = probe->n_rets - probe->n_ret_extras, n = count_shown(probe->rets, n_rets, hit);
    const char *nothing = probe->result_unknown ? "?" : "void";
    line_text(print, n == 0 ? nothing : n > 1 ? "{" : "");
    line_fields(print, probe->rets, n_rets, n > 1, hit);
    line_text(print, n > 1 ? "}" : "");
    line_format(print, " <%llu.%06llu>", (unsigned long long)(hit->duration_ns / 1000000000),
                (unsigned long long)(hit->duration_ns % 1000000000 / 1000));
    line_extras(print, probe->rets, probe->n_rets, probe->n_ret_extras, hit);
}

void print_hit(struct print *print, const struct hit *hit)
{
    print->length = 0;
    print->cut = false;
    if (print->timestamp)
        line_timestamp(print, hit);
    line_format(print, "%d ", (int)hit->tid);
    for (uint32_t i = 0; i < hit->depth && i < DEPTH_MAX; i++)
        line_text(print, "  ");
    if (hit->kind == HIT_ENTRY)
        line_entry(print, hit);
    else
        line_exit(print, hit);
    line_text(print, "\n");
    print->last_tid = hit->kind == HIT_ENTRY ? hit->tid : 0;
    print->last_probe = hit->probe;
    print->last_depth = hit->depth;
    fwrite(print->line, 1, print->length, print->stream);
    fflush(print->stream);
}
