/* SPDX-License-Identifier: MIT */
#include "symbols/printed_name.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "util/text.h"

/* ---- comparing ---- */

/* A position in text of one or two parts. */
struct printed_cursor {
    const char *at;
    const char *then;   /* the second part; NULL: none, or `at` is in it */
    unsigned n_unmoved; /* bytes of the present character that are to come */
    unsigned char last;
};

static bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || isalnum(c) || c == '_' || c == '$';
}

/* As it is compared. */
static unsigned char mapped_byte(struct printed_cursor *cursor)
{
    unsigned char c = (unsigned char)*cursor->at;
    if (cursor->n_unmoved > 0) {
        cursor->n_unmoved--;
        return c;
    }
    if (c == ',')
        return ';';
    if (c == '"' || c == '\\')
        return '_';
    if (c > ' ' && c < 0x7f)
        return c;
    size_t length = text_visible_length(cursor->at, strnlen(cursor->at, 4));
    cursor->n_unmoved = length > 1 ? (unsigned)length - 1 : 0;
    return length == 0 ? '_' : c;
}

/* Returns the next byte that counts; 0 at the end. */
static unsigned char cursor_next(struct printed_cursor *cursor)
{
    bool is_spaced = false;
    for (;; cursor->at++) {
        if (!*cursor->at && cursor->then) {
            cursor->at = cursor->then;
            cursor->then = NULL;
        }
        if (*cursor->at != ' ')
            break;
        is_spaced = true;
    }
    if (!*cursor->at)
        return 0;
    struct printed_cursor ahead = *cursor;
    unsigned char c = mapped_byte(&ahead);
    if (is_spaced && is_word_byte(cursor->last) && is_word_byte(c))
        return cursor->last = ' ';
    *cursor = ahead;
    cursor->at++;
    return cursor->last = c;
}

bool printed_name_is(const struct printed_name *name, const char *text)
{
    struct printed_cursor one = {.at = text};
    struct printed_cursor other = {.at = name->name, .then = name->parameters};
    for (;;) {
        bool is_whole = !*other.at; /* the name; after it there may be parameters */
        unsigned char c = cursor_next(&one);
        if (c == 0)
            return is_whole || cursor_next(&other) == 0;
        if (c != cursor_next(&other))
            return false;
    }
}

/* ---- names of events ---- */

static bool is_addition(const char *at)
{
    return (*at == '@' && at[1]) || (*at == '_' && isdigit((unsigned char)at[1]));
}

/* The length in front of "~" and a hash; 0: there is none. */
static size_t cut_length(const char *text)
{
    enum { HASH_DIGITS = 8 };
    size_t length = strlen(text);
    const char *mark = length > HASH_DIGITS + 1 ? text + length - HASH_DIGITS - 1 : text;
    return *mark == '~' && strspn(mark + 1, "0123456789abcdef") == HASH_DIGITS
               ? (size_t)(mark - text)
               : 0;
}

bool printed_name_tells_apart(const char *text)
{
    for (const char *at = text; *at; at++)
        if (is_addition(at))
            return true;
    return cut_length(text) > 0;
}

bool printed_name_is_told_apart(const struct printed_name *name, const char *text)
{
    struct printed_cursor one = {.at = text};
    struct printed_cursor other = {.at = name->name, .then = name->parameters};
    size_t cut = cut_length(text);
    for (;;) {
        if (cut > 0 ? one.at == text + cut : !*other.at && is_addition(one.at))
            return true;
        unsigned char c = cursor_next(&one);
        if (c == 0 || c != cursor_next(&other))
            return false;
    }
}

/* ---- what looks like a name ---- */

/* The end of the operator's symbol: "()", "[]", "<<=". */
static const char *skip_symbol(const char *at)
{
    static const char *const bracketed[] = {"()", "[]", " new[]", " delete[]"};
    for (size_t i = 0; i < sizeof(bracketed) / sizeof(*bracketed); i++)
        if (strncmp(at, bracketed[i], strlen(bracketed[i])) == 0)
            return at + strlen(bracketed[i]);
    return at + strspn(at, "+-*/%^&|~!=<>,");
}

static char closing(char open)
{
    return open == '(' ? ')' : open == '[' ? ']' : '}';
}

bool printed_name_looks_so(const char *text)
{
    static const char word[] = "operator";
    char open[64];
    size_t depth = 0;
    bool is_special = false;
    if (!is_word_byte((unsigned char)*text) && *text != '~' && *text != '(' && *text != '{')
        return false;
    for (const char *at = text; *at;) {
        char c = *at;
        if (strncmp(at, word, strlen(word)) == 0 && (at == text || at[-1] == ':')) {
            is_special = true;
            at = skip_symbol(at + strlen(word));
            continue;
        }
        at++;
        if (c == '\\' || c == '^' || (c == '|' && depth == 0))
            return false;
        if (strchr("([{", c)) {
            /* "a{2,1}" and "a[]" are mistakes in regular expressions. */
            if (depth == sizeof(open) ||
                (c == '{' && (*at == ',' || isdigit((unsigned char)*at))) ||
                (c == '[' && depth == 0 && *at == ']'))
                return false;
            is_special |= c != '[';
            open[depth++] = closing(c);
        } else if (strchr(")]}", c)) {
            if (depth == 0 || open[--depth] != c)
                return false;
        }
    }
    return is_special && depth == 0;
}
