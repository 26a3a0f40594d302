/* SPDX-License-Identifier: MIT */
#include "symbols/demangle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/cxx_text.h"
#include "util/short_names.h"

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

/* The scanner below skips a bracketed group as a whole, and "operator<" and the like as part of a
   name. */

static const char *skip_qualifiers(const char *at)
{
    static const char *const qualifiers[] = {" const", " volatile", " &&", " &", " noexcept"};
    for (size_t i = 0; i < sizeof(qualifiers) / sizeof(*qualifiers); i++) {
        size_t length = strlen(qualifiers[i]);
        if (strncmp(at, qualifiers[i], length) == 0 && !cxx_text_is_name(at[length])) {
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
        const char *behind = *at == '(' || *at == '<' ? cxx_text_skip_group(at) : at + 1;
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
        if (cxx_text_is_operator(text, at)) {
            const char *symbol = cxx_text_skip_operator(at + 8);
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
                symbol = cxx_text_skip_group(symbol + 1);
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
            const char *behind = cxx_text_skip_group(at);
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
            at = cxx_text_skip_group(at);
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

/* The name and the parameters in demangled text, which has no parameters of thunks, guard functions
   and Rust names; *base is NULL if it has no name. false: out of memory. */
static bool read_demangled(const char *text, struct arena *arena, const char **base,
                           const char **parameters)
{
    const char *start = text, *end = text + strlen(text);
    *base = *parameters = NULL;
    bool is_split = split_demangled(text, &start, &end);
    const char *behind = is_split ? skip_qualifiers(cxx_text_skip_group(end)) : end;
    const char *name_end = end;
    while (is_split && name_end > start && name_end[-1] == ' ')
        name_end--;
    /* An invalid symbol may have only spaces before its parameters. */
    if (name_end == start)
        return true;
    *base = copy_demangled(arena, start, (size_t)(name_end - start));
    *parameters = is_split ? arena_strndup(arena, end, (size_t)(behind - end)) : NULL;
    return *base && (*parameters || !is_split);
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

    cleanup(cleanup_free) char *shortened = malloc(length + 1);
    const char *base, *parameters;
    if (!shortened)
        return false;
    bool is_shortened = short_names_write(text, false, shortened);
    if (!read_demangled(is_shortened ? shortened : text, arena, &base, &parameters))
        return false;
    if (!base)
        return true;
    if (is_shortened && !read_demangled(text, arena, &name->long_base, &name->long_parameters))
        return false;
    name->parameters = parameters;
    name->base = base;
    name->name = *suffix ? arena_format(arena, "%s%s", base, suffix) : base;
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
