/* SPDX-License-Identifier: MIT */
#include "util/short_names.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/cxx_text.h"

enum {
    ARGUMENTS_MAX = 5,
    DEFAULTS_MAX = 3,
    NESTING_MAX = 64,
    NAME_MAX_LENGTH = 24, /* of a template below, and more than it */
};

/*
 * A class template of std, with its last arguments as they are by default, in the form of demangled
 * names that were shortened already: "$0" is the first argument, "$c0" that with const, before or
 * behind it. A space before '>' may be there or not.
 */
struct library_template {
    const char *name;
    unsigned n; /* arguments */
    const char *defaults[DEFAULTS_MAX];
};

#define TRAITS         "std::char_traits<$0>"
#define ALLOCATOR      "std::allocator<$0>"
#define PAIR_ALLOCATOR "std::allocator<std::pair<$c0, $1>>"

/* Sorted by name. Of "basic_NAME", a character type alone becomes part of the name. */
static const struct library_template templates[] = {
    {"basic_filebuf", 2, {TRAITS}},
    {"basic_fstream", 2, {TRAITS}},
    {"basic_ifstream", 2, {TRAITS}},
    {"basic_ios", 2, {TRAITS}},
    {"basic_iostream", 2, {TRAITS}},
    {"basic_istream", 2, {TRAITS}},
    {"basic_istringstream", 3, {TRAITS, ALLOCATOR}},
    {"basic_ofstream", 2, {TRAITS}},
    {"basic_ostream", 2, {TRAITS}},
    {"basic_ostringstream", 3, {TRAITS, ALLOCATOR}},
    {"basic_regex", 2, {"std::regex_traits<$0>"}},
    {"basic_streambuf", 2, {TRAITS}},
    {"basic_string", 3, {TRAITS, ALLOCATOR}},
    {"basic_string_view", 2, {TRAITS}},
    {"basic_stringbuf", 3, {TRAITS, ALLOCATOR}},
    {"basic_stringstream", 3, {TRAITS, ALLOCATOR}},
    {"deque", 2, {ALLOCATOR}},
    {"forward_list", 2, {ALLOCATOR}},
    {"istreambuf_iterator", 2, {TRAITS}},
    {"list", 2, {ALLOCATOR}},
    {"map", 4, {"std::less<$0>", PAIR_ALLOCATOR}},
    {"multimap", 4, {"std::less<$0>", PAIR_ALLOCATOR}},
    {"multiset", 3, {"std::less<$0>", ALLOCATOR}},
    {"ostreambuf_iterator", 2, {TRAITS}},
    {"priority_queue", 3, {"std::vector<$0>", "std::less<$0>"}},
    {"queue", 2, {"std::deque<$0>"}},
    {"set", 3, {"std::less<$0>", ALLOCATOR}},
    {"stack", 2, {"std::deque<$0>"}},
    {"unique_ptr", 2, {"std::default_delete<$0>"}},
    {"unordered_map", 5, {"std::hash<$0>", "std::equal_to<$0>", PAIR_ALLOCATOR}},
    {"unordered_multimap", 5, {"std::hash<$0>", "std::equal_to<$0>", PAIR_ALLOCATOR}},
    {"unordered_multiset", 4, {"std::hash<$0>", "std::equal_to<$0>", ALLOCATOR}},
    {"unordered_set", 4, {"std::hash<$0>", "std::equal_to<$0>", ALLOCATOR}},
    {"vector", 2, {ALLOCATOR}},
};

/* A bracket that is open, and where its commas are in the output. */
struct open_bracket {
    char kind;
    unsigned n_commas;
    size_t at;
    size_t commas[ARGUMENTS_MAX - 1];
};

struct shortening {
    char *out;
    size_t length;
    struct open_bracket open[NESTING_MAX];
    size_t depth;
    bool is_type;
    bool changed;
};

struct piece {
    const char *text;
    size_t length;
};

static bool piece_is(struct piece piece, const char *text)
{
    return strlen(text) == piece.length && memcmp(piece.text, text, piece.length) == 0;
}

/* ---- arguments ---- */

static struct piece argument(const struct shortening *s, const struct open_bracket *bracket,
                             unsigned i)
{
    size_t from = i == 0 ? bracket->at + 1 : bracket->commas[i - 1] + 1;
    size_t to = i == bracket->n_commas ? s->length : bracket->commas[i];
    while (from < to && s->out[from] == ' ')
        from++;
    while (to > from && s->out[to - 1] == ' ')
        to--;
    return (struct piece){s->out + from, to - from};
}

/* If the text begins with it, moves it behind. */
static bool take_piece(struct piece *text, const char *wanted, size_t length)
{
    if (text->length < length || memcmp(text->text, wanted, length) != 0)
        return false;
    text->text += length;
    text->length -= length;
    return true;
}

static bool take_const(struct piece *text, struct piece wanted)
{
    struct piece rest = *text;
    if (take_piece(&rest, "const ", 6) && take_piece(&rest, wanted.text, wanted.length)) {
        *text = rest;
        return true;
    }
    return take_piece(text, wanted.text, wanted.length) && take_piece(text, " const", 6);
}

/* Whether the text is the default argument of that form. */
static bool is_default_argument(struct piece text, const char *form, const struct piece *arguments)
{
    for (; *form; form++) {
        if (*form == '$') {
            bool with_const = form[1] == 'c';
            form += with_const ? 2 : 1;
            struct piece wanted = arguments[*form - '0'];
            if (!(with_const ? take_const(&text, wanted)
                             : take_piece(&text, wanted.text, wanted.length)))
                return false;
            continue;
        }
        if (*form == '>')
            take_piece(&text, " ", 1);
        if (!take_piece(&text, form, 1))
            return false;
    }
    return text.length == 0;
}

/* ---- templates ---- */

static int compare_template(const void *key, const void *member)
{
    const struct piece *name = key;
    const struct library_template *template = member;
    int r = strncmp(name->text, template->name, name->length);
    return r ? r : template->name[name->length] ? -1 : 0;
}

/* The name before the bracket, without "std::". *start: where it begins, with that. */
static struct piece template_name(const struct shortening *s, const struct open_bracket *bracket,
                                  size_t *start)
{
    size_t from = bracket->at;
    while (from > 0 && bracket->at - from < NAME_MAX_LENGTH && cxx_text_is_name(s->out[from - 1]))
        from--;
    *start = from;
    struct piece name = {s->out + from, bracket->at - from};
    if (from == 0 || s->out[from - 1] != ':')
        return s->is_type && from == 0 ? name : (struct piece){name.text, 0};
    /* Not "my::std::vector", nor "other::vector". */
    bool is_std = from >= 5 && memcmp(s->out + from - 5, "std::", 5) == 0 &&
                  (from == 5 || (!cxx_text_is_name(s->out[from - 6]) && s->out[from - 6] != ':'));
    *start = from - 5;
    return is_std ? name : (struct piece){name.text, 0};
}

/* What a character type alone makes of "basic_NAME": "", "w"; NULL: it stays an argument. */
static const char *name_prefix(struct piece name, struct piece character)
{
    bool is_text = piece_is(name, "basic_string") || piece_is(name, "basic_string_view");
    if (name.length < 6 || memcmp(name.text, "basic_", 6) != 0)
        return NULL;
    return piece_is(character, "char")                  ? ""
           : piece_is(character, "wchar_t")             ? "w"
           : is_text && piece_is(character, "char8_t")  ? "u8"
           : is_text && piece_is(character, "char16_t") ? "u16"
           : is_text && piece_is(character, "char32_t") ? "u32"
                                                        : NULL;
}

/* Writes "std::NAME" from `start` on, with the prefix in the place of "basic_", or as it is. What
   has been left out is longer than what is added. */
static void name_template(struct shortening *s, size_t start, struct piece name, const char *prefix,
                          size_t arguments_end)
{
    char *to = s->out + start;
    size_t skipped = prefix ? 6 : 0, added = prefix ? strlen(prefix) : 0;
    size_t arguments = prefix ? 0 : arguments_end - (size_t)(name.text - s->out) - name.length;
    memmove(to + 5 + added, name.text + skipped, name.length - skipped + arguments);
    memcpy(to, "std::", 5);
    if (prefix)
        memcpy(to + 5, prefix, added);
    s->length = start + 5 + added + name.length - skipped + arguments;
}

/* At the end of a template's arguments: leaves out those that are the default ones. Whether the
   name has become one without arguments. */
static bool shorten_template(struct shortening *s, const struct open_bracket *bracket)
{
    size_t start;
    struct piece name = template_name(s, bracket, &start);
    const struct library_template *template =
        name.length ? bsearch(&name, templates, sizeof(templates) / sizeof(*templates),
                              sizeof(*templates), compare_template)
                    : NULL;
    if (!template || bracket->n_commas + 1 != template->n)
        return false;
    struct piece arguments[ARGUMENTS_MAX];
    unsigned n = template->n, n_defaults = 0;
    for (unsigned i = 0; i < n; i++)
        arguments[i] = argument(s, bracket, i);
    while (n_defaults < DEFAULTS_MAX && template->defaults[n_defaults])
        n_defaults++;
    unsigned first = n - n_defaults;
    while (n > first &&
           is_default_argument(arguments[n - 1], template->defaults[n - 1 - first], arguments))
        n--;
    if (n == template->n)
        return false;
    const char *prefix = n == 1 ? name_prefix(name, arguments[0]) : NULL;
    size_t end = (size_t)(arguments[n - 1].text - s->out) + arguments[n - 1].length;
    name_template(s, start, name, prefix, end);
    s->changed = true;
    return prefix != NULL;
}

static void close_template(struct shortening *s)
{
    const struct open_bracket *bracket = &s->open[--s->depth];
    size_t length = s->length;
    if (bracket->n_commas < ARGUMENTS_MAX && shorten_template(s, bracket))
        return;
    while (s->length > 0 && s->out[s->length - 1] == ' ')
        s->length--;
    /* It never gets longer than the text was. */
    if (s->length > 0 && s->out[s->length - 1] == '>' && s->length < length)
        s->out[s->length++] = ' ';
    s->out[s->length++] = '>';
}

/* ---- text ---- */

static bool open_group(struct shortening *s, char kind)
{
    if (s->depth == NESTING_MAX)
        return false;
    s->open[s->depth++] = (struct open_bracket){.kind = kind, .at = s->length};
    return true;
}

/* A '<' that is still open was a comparison. */
static bool close_group(struct shortening *s)
{
    while (s->depth > 0 && s->open[s->depth - 1].kind == '<')
        s->depth--;
    if (s->depth == 0)
        return false;
    s->depth--;
    return true;
}

static void note_comma(struct open_bracket *bracket, size_t at)
{
    if (bracket->n_commas < ARGUMENTS_MAX - 1)
        bracket->commas[bracket->n_commas] = at;
    if (bracket->n_commas < ARGUMENTS_MAX)
        bracket->n_commas++;
}

static void copy_text(struct shortening *s, const char *from, size_t n)
{
    memcpy(s->out + s->length, from, n);
    s->length += n;
}

/* The name of an inline namespace at `at`, behind "std::"; its length with "::", or 0. */
static size_t inline_namespace(const char *at)
{
    static const char *const names[] = {"__cxx11::", "__1::", "__ndk1::"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strncmp(at, names[i], strlen(names[i])) == 0)
            return strlen(names[i]);
    return 0;
}

/* Copies a character, or none where a template ends. false: the text is no C++. */
static bool take_character(struct shortening *s, const char *start, const char *at)
{
    bool in_angles = s->depth > 0 && s->open[s->depth - 1].kind == '<';
    char before = at > start ? at[-1] : '\0';
    bool ok = true;
    if (*at == '(' || *at == '[' || *at == '{' ||
        (*at == '<' && (s->depth == 0 || in_angles || cxx_text_is_name(before)))) {
        ok = open_group(s, *at);
    } else if (*at == ')' || *at == ']' || *at == '}') {
        ok = close_group(s);
    } else if (*at == '>' && in_angles && before != '-') {
        close_template(s);
        return true;
    } else if (*at == ',' && in_angles) {
        note_comma(&s->open[s->depth - 1], s->length);
    }
    copy_text(s, at, 1);
    return ok;
}

bool short_names_write(const char *text, bool is_type, char *out)
{
    struct shortening s;
    s.out = out;
    s.length = s.depth = 0;
    s.is_type = is_type;
    s.changed = false;
    if (!strstr(text, "std::"))
        return false;
    for (const char *at = text; *at;) {
        bool begins = at == text || (!cxx_text_is_name(at[-1]) && at[-1] != ':');
        if (begins && strncmp(at, "std::", 5) == 0) {
            size_t skipped = inline_namespace(at + 5);
            s.changed |= skipped > 0;
            copy_text(&s, at, 5);
            at += 5 + skipped;
        } else if (cxx_text_is_operator(text, at)) {
            const char *behind = cxx_text_skip_operator(at + 8);
            copy_text(&s, at, (size_t)(behind - at));
            at = behind;
        } else if (take_character(&s, text, at)) {
            at++;
        } else {
            return false;
        }
    }
    out[s.length] = '\0';
    return s.depth == 0 && s.changed;
}
