/* SPDX-License-Identifier: MIT */
#include "symbols/pattern_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/printed_name.h"

/* Of a result: a character becomes two at most. */
static char *room_for(const char *text)
{
    return malloc(2 * strlen(text) + 1);
}

static bool is_glob(const char *text)
{
    bool has_sign = false;
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '*' || c == '?') {
            /* After a dot or a bracket it is a regular expression's. */
            if (at > text && strchr(".])*?", at[-1]))
                return false;
            has_sign = true;
        } else if (!isalnum(c) && c < 0x80 && !strchr("_:.~$-<> ", c)) {
            return false;
        }
    }
    /* "operator*" */
    return has_sign && !strstr(text, "operator");
}

char *pattern_text_of_glob(const char *text)
{
    char *ere = is_glob(text) ? room_for(text) : NULL;
    size_t n = 0;
    for (const char *at = text; ere && *at; at++) {
        if (*at == '*')
            ere[n++] = '.';
        else if (*at == '.' || *at == '$')
            ere[n++] = '\\';
        ere[n++] = *at == '?' ? '.' : *at;
    }
    if (ere)
        ere[n] = '\0';
    return ere;
}

char *pattern_text_of_operator(const char *text)
{
    static const char word[] = "operator";
    static const char signs[] = "()[]*+^|?";
    const char *at = strstr(text, word);
    size_t kept = at ? (size_t)(at - text) + strlen(word) : 0;
    size_t n = at ? strspn(text + kept, "+-*/%^&|~!=<>,") : 0;
    if (at && n == 0 && (strncmp(text + kept, "()", 2) == 0 || strncmp(text + kept, "[]", 2) == 0))
        n = 2;
    char *ere = n > 0 && strcspn(text + kept, signs) < n ? room_for(text) : NULL;
    if (!ere)
        return NULL;
    memcpy(ere, text, kept);
    size_t length = kept;
    for (size_t i = 0; i < n; i++) {
        if (strchr(signs, text[kept + i]))
            ere[length++] = '\\';
        ere[length++] = text[kept + i];
    }
    strcpy(ere + length, text + kept + n);
    return ere;
}

/* A name as it is printed: without parameters. */
static char *printed_word(const char *text)
{
    const char *end = strchr(text, '(');
    return end && end > text ? strndup(text, (size_t)(end - text)) : strdup(text);
}

/* An alternative of an expression; NULL: it has more than dots and stars, or out of memory. */
static char *plain_word(const char *text, size_t length)
{
    char *word = malloc(length + 1);
    size_t n = 0;
    if (!word)
        return NULL;
    for (size_t i = text[0] == '^'; i < length; i++) {
        char c = text[i];
        if (c == '$' && i + 1 == length)
            break;
        if (c == '\\' && i + 1 < length) {
            word[n++] = text[++i];
        } else if (c == '.' && i + 1 < length && strchr("*+", text[i + 1])) {
            word[n++] = '*';
            i++;
        } else if (strchr("()[]{}+?*\\^", c)) {
            free(word);
            return NULL;
        } else {
            word[n++] = c;
        }
    }
    word[n] = '\0';
    return word;
}

size_t pattern_text_words(const char *text, char *words[PATTERN_WORDS_MAX])
{
    size_t n = 0;
    if (is_glob(text)) {
        words[0] = strdup(text);
        return words[0] != NULL;
    }
    if (printed_name_looks_so(text) && !strchr(text, '|')) {
        words[0] = printed_word(text);
        return words[0] != NULL;
    }
    for (const char *at = text; n < PATTERN_WORDS_MAX;) {
        size_t length = strcspn(at, "|");
        if (length > 0) {
            words[n] = plain_word(at, length);
            if (!words[n]) {
                while (n > 0)
                    free(words[--n]);
                return 0;
            }
            n++;
        }
        if (!at[length])
            break;
        at += length + 1;
    }
    return n;
}
