/* SPDX-License-Identifier: MIT */
/*
 * Compares text with the names that the tracer prints. Names of events, --list and --print differ
 * from those of symbols: ", " is ";" there, and characters that no event can have are "_"
 * (symbols/event_names.h). Other programs print C++ names with other spaces.
 */
#ifndef SYMBOLS_PRINTED_NAME_H
#define SYMBOLS_PRINTED_NAME_H

#include <stdbool.h>

#include "util/addr.h"

/* One name of a function. */
struct printed_name {
    const char *name;       /* "geo::print" */
    const char *parameters; /* "(int) const" of a C++ function; NULL: none are known */
    file_vaddr entry;       /* where the function starts in its file; 0: not known */
};

/*
 * Whether the text is the name, without or with its parameters. "," and ";" are the same; spaces
 * count only between the letters of words; quotes, backslashes and invisible characters are "_".
 */
bool printed_name_is(const struct printed_name *name, const char *text);

/* Whether the text has behind the name, or instead of its end, what events have where functions of
   one name are several, or a name is too long: "init@file.c", "init_2", "a_very_lon~0123abcd". */
bool printed_name_is_told_apart(const struct printed_name *name, const char *text);
/* Whether the text may have that of any name. */
bool printed_name_tells_apart(const char *text);

/* Whether the text looks like a C++ name with parameters, an operator's or a lambda's: its brackets
   are balanced. Such text may be no regular expression. */
bool printed_name_looks_so(const char *text);

#endif
