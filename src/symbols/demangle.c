/* SPDX-License-Identifier: MIT */
#include "symbols/demangle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* From libstdc++, without a C header (Itanium C++ ABI, 3.4 "Demangler API"). */
extern char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

/* ---- compilers' suffixes: fib.constprop.0, frame_dummy.cold, foo.avx2 ---- */

static bool has_word(const char *suffix, const char *word)
{
    size_t length = strlen(word);
    for (const char *dot = suffix; *dot == '.'; dot += 1 + strcspn(dot + 1, "."))
        if (strncmp(dot + 1, word, length) == 0 && (dot[1 + length] == '.' || !dot[1 + length]))
            return true;
    return false;
}

static bool is_literal_number(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return length > 0;
}

static bool is_one_of(const char *word, size_t length, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == length && memcmp(word, words[i], length) == 0)
            return true;
    return false;
}

/* Whether the component at `dot` ('.' and a word) is a suffix of GCC or LLVM. */
static bool is_compiler_word(const char *dot, bool is_cxx)
{
    static const char *const words[] = {
        "constprop", "isra",      "part",     "cold",    "lto_priv",    "llvm",    "localalias",
        "clone",     "simdclone", "resolver", "default", "specialized", "argprom", "__uniq",
        "avx",       "avx2",      "avx512f",  "sse2",    "sse4_1",      "sse4_2",  "ssse3",
    };
    /* The parts of coroutines. Other languages may have these words after a dot. */
    static const char *const coroutine_words[] = {"actor", "resume", "destroy", "cleanup"};
    size_t length = strcspn(dot + 1, ".");
    if (is_literal_number(dot + 1, length))
        return true;
    if (strncmp(dot + 1, "arch_", 5) == 0)
        return true;
    return is_one_of(dot + 1, length, words, sizeof(words) / sizeof(*words)) ||
           (is_cxx && is_one_of(dot + 1, length, coroutine_words,
                                sizeof(coroutine_words) / sizeof(*coroutine_words)));
}

/* The suffix of the symbol, from its '.', or the symbol's end. All of its components must be a
   compiler's: Go and Ada have dots in names. */
static const char *find_suffix(const char *symbol)
{
    bool is_cxx = strncmp(symbol, "_Z", 2) == 0;
    const char *end = symbol + strlen(symbol);
    const char *suffix = end;
    for (const char *at = end; at > symbol + 1;) {
        at--;
        if (*at != '.')
            continue;
        if (!is_compiler_word(at, is_cxx))
            break;
        suffix = at;
    }
    return suffix;
}

/* ---- C++ names: what c++filt prints -> name and parameters ---- */

/*
 * The scanner below reads demangled text, which is not quite C++. `at` skips a bracketed group as a
 * whole, and "operator<" and the like as part of a name.
 */
static const char *skip_group(const char *at);

static const char *skip_operator(const char *at)
{
    static const char *const symbols[] = {
        "()", "[]", "\"\"", "->*", "->", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "<", ">",
    };
    for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++)
        if (strncmp(at, symbols[i], strlen(symbols[i])) == 0)
            return at + strlen(symbols[i]);
    return at;
}

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* Whether the word "operator" starts at `at`. */
static bool is_operator(const char *start, const char *at)
{
    return strncmp(at, "operator", 8) == 0 && (at == start || !is_name_character(at[-1])) &&
           !is_name_character(at[8]);
}

/* `at` is at an opening bracket. Returns the position after the closing one, or NULL when there is
   none. */
static const char *skip_group(const char *at)
{
    /* The open brackets, innermost last; deeper nesting fails. */
    char open[256];
    size_t depth = 0;
    const char *start = at;
    do {
        if (is_operator(start, at)) {
            at = skip_operator(at + 8);
            continue;
        }
        char c = *at;
        bool in_angles = depth > 0 && open[depth - 1] == '<';
        if (c == '\0')
            return NULL;
        /* Comparisons in template arguments are in parentheses. */
        if (c == '(' || c == '[' || c == '{' ||
            (c == '<' && (depth == 0 || in_angles || is_name_character(at[-1])))) {
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

static const char *skip_qualifiers(const char *at)
{
    static const char *const qualifiers[] = {" const", " volatile", " &&", " &", " noexcept"};
    for (size_t i = 0; i < sizeof(qualifiers) / sizeof(*qualifiers); i++) {
        size_t length = strlen(qualifiers[i]);
        if (strncmp(at, qualifiers[i], length) == 0 && !is_name_character(at[length])) {
            at += length;
            i = (size_t)-1; /* another may follow */
        }
    }
    return at;
}

/*
 * Returns the start of the parameters of "operator unsigned long()" or "operator new[](int)", given
 * the position after "operator": the last parentheses before the end or the next scope. Those of a
 * type come earlier ("operator int (*)(char)() const"). NULL when there are none.
 */
static const char *skip_word_operator(const char *at)
{
    while (at && *at) {
        const char *behind = *at == '(' || *at == '<' ? skip_group(at) : at + 1;
        if (*at == '(' && behind) {
            const char *next = skip_qualifiers(behind);
            if (!*next || strncmp(next, "::", 2) == 0)
                return at;
        }
        at = behind;
    }
    return NULL;
}

/*
 * Splits "int ns::max<int>(int, int) const" into the name, from *name to *name_end, and the
 * parameters after it. The demangler writes a result type before templates only. false when the
 * text has an unknown form.
 */
static bool split_demangled(const char *text, const char **name, const char **name_end)
{
    const char *start = text;
    for (const char *at = text; *at;) {
        if (is_operator(text, at)) {
            const char *symbol = skip_operator(at + 8);
            /* operator"" _km: the demangler's space is not part of the name. */
            if (symbol[0] == ' ' && symbol[-1] == '"')
                symbol++;
            if (symbol == at + 8 && *symbol == ' ') {
                symbol = skip_word_operator(symbol);
                if (!symbol)
                    return false;
            }
            /* "operator<< <char>": the space separates the two. */
            if (symbol[0] == ' ' && symbol[1] == '<')
                symbol = skip_group(symbol + 1);
            if (!symbol)
                return false;
            at = symbol;
        } else if (*at == '(') {
            /* The result is a pointer to a function: "void (*f<int>(int))(char)". */
            if (at > text && at[-1] == ' ' && (at[1] == '*' || at[1] == '&')) {
                at += 2;
                start = at;
                continue;
            }
            const char *behind = skip_group(at);
            if (!behind)
                return false;
            const char *next = skip_qualifiers(behind);
            if (strncmp(next, "::", 2) == 0) {
                /* a local function's enclosing function, "(anonymous namespace)" */
                at = next;
            } else if (strncmp(next, " ", 1) == 0 && strncmp(at, "(anonymous", 10) != 0 &&
                       strchr(next + 1, '(')) {
                /* "decltype (x) f<int>(int)" */
                at = behind;
            } else {
                *name = start;
                *name_end = at;
                return at > start;
            }
        } else if (*at == ' ') {
            start = ++at;
        } else if (*at == '<' || *at == '[' || *at == '{') {
            at = skip_group(at);
            if (!at)
                return false;
        } else {
            at++;
        }
    }
    return false;
}

/*
 * Back references ("S1_", "T_") can each repeat everything before them, so that a name of 300 bytes
 * can fill the memory. Of 50,000 symbols of LLVM and libstdc++, three have more references than
 * this.
 */
enum { REFERENCES_MAX = 32, DEMANGLED_MAX = 16 * 1024 };
/* The maximum growth of a name. The longest name in 46,000 symbols of LLVM is 17 times its symbol;
   many short symbols with long names would fill the memory, too. */
enum { TIMES_LONGER_MAX = 32, LONGER_ROOM = 256 };

static bool has_few_references(const char *mangled)
{
    unsigned references = 0;
    for (const char *at = mangled; *at; at++)
        if ((*at == 'S' || *at == 'T') &&
            at[1 + strspn(at + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '_')
            references++;
    return references <= REFERENCES_MAX;
}

/* Changes a literal operator from `operator"" _km`, as the demangler writes it, to `operator""_km`,
   as C++ does. */
static const char *copy_demangled(struct arena *arena, const char *start, size_t length)
{
    static const char literal[] = "operator\"\" ";
    char *name = arena_strndup(arena, start, length);
    char *found = name ? strstr(name, literal) : NULL;
    if (found) {
        char *space = found + strlen(literal) - 1;
        memmove(space, space + 1, strlen(space));
    }
    return name;
}

static bool parse_cxx(struct function_name *name, const char *mangled, const char *suffix,
                      struct arena *arena)
{
    /* On an error the name is not mangled: a C function may be named _Z... */
    cleanup(cleanup_free) char *text =
        has_few_references(mangled) ? __cxa_demangle(mangled, NULL, NULL, NULL) : NULL;
    size_t length = text ? strlen(text) : 0;
    if (!text || length > DEMANGLED_MAX ||
        length > TIMES_LONGER_MAX * strlen(mangled) + LONGER_ROOM)
        return true;

    const char *start = text, *end = text + strlen(text);
    name->parameters = NULL;
    /* Thunks, guard functions and Rust names have no parameters: all of the text is the name. */
    if (split_demangled(text, &start, &end)) {
        const char *behind = skip_qualifiers(skip_group(end));
        name->parameters = arena_strndup(arena, end, (size_t)(behind - end));
        while (end > start && end[-1] == ' ')
            end--;
        if (!name->parameters)
            return false;
    }
    /* An invalid symbol may have only spaces before its parameters. */
    if (end == start) {
        name->parameters = NULL;
        return true;
    }
    name->base = copy_demangled(arena, start, (size_t)(end - start));
    name->name =
        *suffix && name->base ? arena_format(arena, "%s%s", name->base, suffix) : name->base;
    return name->name != NULL;
}

bool function_name_parse(struct function_name *name, const char *symbol, struct arena *arena)
{
    const char *suffix = find_suffix(symbol);
    *name = (struct function_name){.symbol = symbol, .name = symbol, .base = symbol};
    if (*suffix) {
        name->base = arena_strndup(arena, symbol, (size_t)(suffix - symbol));
        if (!name->base)
            return false;
        name->is_part = has_word(suffix, "cold");
        /* GCC's interprocedural scalar replacement and function splitting may remove the result. */
        name->lost_result = has_word(suffix, "isra") || has_word(suffix, "part") ||
                            has_word(suffix, "specialized") || has_word(suffix, "argprom") ||
                            has_word(suffix, "simdclone");
        name->is_clone = name->lost_result || has_word(suffix, "constprop");
    }
    if (strncmp(name->base, "_Z", 2) != 0)
        return true;
    /* Itanium C++ ABI, 5.1.4.2 "Virtual Override Thunks": _ZTh, _ZTv and _ZTc adjust `this` and
       jump to the function. */
    if (name->base[2] == 'T' && strchr("hvc", name->base[3]) && name->base[3])
        name->is_part = true;

    return parse_cxx(name, name->base, suffix, arena);
}
