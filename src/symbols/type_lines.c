/* SPDX-License-Identifier: MIT */
#include "symbols/type_lines.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/sorted.h"

/* Bytes of all names of parameters together. */
enum { PARAMETERS_MAX = 1 << 16 };

static const char FIRST_LINE[] = "ptrace_tracer types 1";

/* Cuts the line at its tabs. false: it is no line of a function. */
static bool cut(char *text, struct type_line *line)
{
    char *fields[4], *rest = text;
    for (size_t i = 0; i < 4; i++) {
        fields[i] = rest;
        rest = strchr(rest, '\t');
        if (!rest != (i == 3))
            return false;
        if (rest)
            *rest++ = '\0';
    }
    *line = (struct type_line){fields[0], fields[1], fields[2], fields[3]};
    return *line->function && strnlen(line->parameters, PARAMETERS_MAX) < PARAMETERS_MAX;
}

static int compare_type_lines(const void *x, const void *y)
{
    const struct type_line *a = x, *b = y;
    int r = strcmp(a->function, b->function);
    return r ? r : a->function < b->function ? -1 : a->function > b->function;
}

int type_lines_read(struct type_lines *lines, const char *text, size_t size)
{
    lines->text = size < SIZE_MAX ? malloc(size + 1) : NULL;
    if (!lines->text)
        return -ENOMEM;
    memcpy(lines->text, text, size);
    lines->text[size] = '\0';
    bool is_first = true;
    for (char *at = lines->text, *end; (end = memchr(at, '\n', size)); at = end + 1) {
        size_t length = (size_t)(end - at);
        size -= length + 1;
        *end = '\0';
        if (is_first && (length != strlen(FIRST_LINE) || memcmp(at, FIRST_LINE, length) != 0))
            return -EINVAL;
        struct type_line line;
        if (!is_first && strlen(at) == length && cut(at, &line)) {
            struct type_line *place = vec_push(&lines->list);
            if (!place)
                return -ENOMEM;
            *place = line;
        }
        is_first = false;
    }
    if (lines->list.count)
        qsort(lines->list.items, lines->list.count, sizeof(struct type_line), compare_type_lines);
    return is_first ? -EINVAL : 0;
}

static bool is_of_module(const struct type_line *line, const char *soname)
{
    return !*line->soname || (soname && strcmp(line->soname, soname) == 0);
}

const struct type_line *type_lines_find(const struct type_lines *lines, const char *function,
                                        const char *soname, const char *version)
{
    size_t i = sorted_before(lines->list.items, lines->list.count, function, function);
    for (; i < lines->list.count; i++) {
        const struct type_line *line = &lines->list.items[i];
        if (strcmp(line->function, function) != 0)
            break;
        if (is_of_module(line, soname) &&
            (!*line->version || (version && strcmp(line->version, version) == 0)))
            return line;
    }
    return NULL;
}

size_t type_line_parameters(const struct type_line *line)
{
    size_t n = *line->parameters != '\0';
    for (const char *at = line->parameters; *at; at++)
        n += *at == ',';
    return n;
}

/* C17, 6.4.2.1; of ASCII characters. */
static bool is_identifier(const char *name, size_t length)
{
    static const char characters[] = "0123456789"
                                     "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return length > 0 && (*name < '0' || *name > '9') && strspn(name, characters) >= length;
}

bool type_line_parameter(const struct type_line *line, size_t index, char *out, size_t size)
{
    const char *name = line->parameters;
    for (size_t i = 0; i < index; i++) {
        name = strchr(name, ',');
        if (!name)
            return false;
        name++;
    }
    size_t length = strcspn(name, ",");
    if (length >= size || !is_identifier(name, length))
        return false;
    memcpy(out, name, length);
    out[length] = '\0';
    return true;
}

void type_lines_free(struct type_lines *lines)
{
    free(lines->text);
    lines->text = NULL;
    vec_free(&lines->list);
}
