/* SPDX-License-Identifier: MIT */
#include "util/cxx_text.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

const char *cxx_text_skip_operator(const char *at)
{
    static const char *const symbols[] = {
        "()", "[]", "\"\"", "->*", "->", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "<", ">",
    };
    for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++)
        if (strncmp(at, symbols[i], strlen(symbols[i])) == 0)
            return at + strlen(symbols[i]);
    return at;
}

bool cxx_text_is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

bool cxx_text_is_operator(const char *start, const char *at)
{
    return strncmp(at, "operator", 8) == 0 && (at == start || !cxx_text_is_name(at[-1])) &&
           !cxx_text_is_name(at[8]);
}

const char *cxx_text_skip_group(const char *at)
{
    /* The open brackets, innermost last; deeper nesting fails. */
    char open[256];
    size_t depth = 0;
    const char *start = at;
    do {
        if (cxx_text_is_operator(start, at)) {
            at = cxx_text_skip_operator(at + 8);
            continue;
        }
        char c = *at;
        bool in_angles = depth > 0 && open[depth - 1] == '<';
        if (c == '\0')
            return NULL;
        /* Comparisons in template arguments are in parentheses. */
        if (c == '(' || c == '[' || c == '{' ||
            (c == '<' && (depth == 0 || in_angles || cxx_text_is_name(at[-1])))) {
            if (depth == sizeof(open))
                return NULL;
            open[depth++] = c;
        } else if (c == ')' || c == ']' || c == '}') {
            /* A '<' that is still open was a comparison. */
            while (depth > 0 && open[depth - 1] == '<')
                depth--;
            if (depth == 0)
                return NULL;
            depth--;
        } else if (c == '>' && in_angles && at[-1] != '-') {
            depth--;
        }
        at++;
    } while (depth > 0);
    return at;
}
