/* SPDX-License-Identifier: MIT */
/*
 * The section .ptrace_tracer.types of a type object (symbols/type_objects.h): which functions it
 * has types for, of which library, and how their parameters are called. Declarations in debug
 * information do not tell these. It is text, each line ends with a newline:
 *
 *     ptrace_tracer types 1
 *     FUNCTION<TAB>SONAME<TAB>VERSION<TAB>PARAMETER,PARAMETER,...
 *
 * An empty SONAME or VERSION stands for any; an empty PARAMETER has no name. Lines that are not of
 * this form are left out. The text is untrusted.
 */
#ifndef SYMBOLS_TYPE_LINES_H
#define SYMBOLS_TYPE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/vec.h"

struct type_line {
    const char *function;
    const char *soname;     /* "": any */
    const char *version;    /* "": any */
    const char *parameters; /* "s,n" */
};

/* Starts zeroed. */
struct type_lines {
    char *text;
    VEC(struct type_line) list; /* ascending by function, then in the order of the text */
};

/* Copies and reads the text. -EINVAL: the first line is another; -ENOMEM. Free it after an error,
   too. */
MUST_CHECK int type_lines_read(struct type_lines *lines, const char *text, size_t size);
/* The first line of the function that applies to a module with that DT_SONAME (NULL: none) and a
   symbol of that version (NULL: none); NULL: there is none. */
const struct type_line *type_lines_find(const struct type_lines *lines, const char *function,
                                        const char *soname, const char *version);

/* The number of the line's parameters. */
size_t type_line_parameters(const struct type_line *line);
/* Copies the name of parameter number `index`, from 0, to out. false: it has none, or not one of a
   C identifier of less than `size` characters. */
bool type_line_parameter(const struct type_line *line, size_t index, char *out, size_t size);

void type_lines_free(struct type_lines *lines);

#endif
