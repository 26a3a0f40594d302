/* SPDX-License-Identifier: MIT */
#include "symbols/function_pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/module_glob.h"
#include "symbols/name_regex.h"
#include "symbols/pattern_text.h"
#include "util/cleanup.h"

/* ERE[@GLOB], the same after "MODULE:", and both with an '@' that belongs to the name. */
enum { READINGS_MAX = 4, SHOWN_PATTERN_MAX = 200 };

/* One way to read the text. */
struct pattern_reading {
    char *module;            /* in front of a colon; NULL: none */
    char *glob;              /* after the '@'; NULL: none */
    char *printed;           /* compared with names as they are printed */
    char *event;             /* `printed` without "_entry" or "_exit"; NULL: it has none */
    struct name_regex regex; /* if has_regex */
    bool has_regex;
    bool tells_apart;   /* see printed_name_tells_apart() */
    bool is_of_unnamed; /* functions without a symbol, too */
    uint64_t address;   /* where the function starts; 0: the reading is no address */
};

struct function_pattern {
    char *text;
    struct pattern_reading readings[READINGS_MAX];
    size_t n;
};

/* ---- parsing ---- */

static size_t event_suffix(const char *text)
{
    static const char *const suffixes[] = {"_entry", "_exit"};
    size_t length = strlen(text);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        size_t n = strlen(suffixes[i]);
        if (length > n && strcmp(text + length - n, suffixes[i]) == 0)
            return n;
    }
    return 0;
}

/* The length of "MODULE:" in front of the name; 0: there is none. The characters are those of
   providers (symbols/event_names.h). */
static size_t module_prefix(const char *text)
{
    size_t n = 0;
    while (isascii((unsigned char)text[n]) &&
           (isalnum((unsigned char)text[n]) || (text[n] && strchr("_.+-", text[n]))))
        n++;
    return n > 0 && text[n] == ':' && text[n + 1] && text[n + 1] != ':' ? n + 1 : 0;
}

/* Go has functions like "type:.eq.main.T". */
static bool may_be_of_name(const char *prefix)
{
    return strncmp(prefix, "type:", 5) == 0 || strncmp(prefix, "go:", 3) == 0;
}

/* Whether events may have the text after an '@', for functions of one name in several files
   (symbols/event_names.h), as far as its end tells. */
static bool is_source_file(const char *text)
{
    static const char extensions[] =
        " c C cc cp cpp cxx c++ h hh hpp hxx H s S asm m mm d rs go zig f f90 F90 f95 f03 f08 for "
        "adb ads pas swift ml hs nim cu vala v y l inc ";
    const char *dot = strrchr(text, '.');
    char wanted[8];
    int length = dot ? (int)(strlen(dot + 1) - event_suffix(dot + 1)) : 0;
    if (length < 1 || length > 4)
        return false;
    snprintf(wanted, sizeof(wanted), " %.*s ", length, dot + 1);
    return strstr(extensions, wanted) != NULL;
}

/* The number behind the prefix, hexadecimal to the end of the text; 0: there is none. */
static uint64_t number_behind(const char *text, const char *prefix)
{
    enum { DIGITS_MAX = 16 };
    size_t length = strlen(prefix);
    if (strncmp(text, prefix, length) != 0)
        return 0;
    const char *digits = text + length;
    size_t n = strspn(digits, "0123456789abcdefABCDEF");
    return n > 0 && n <= DIGITS_MAX && !digits[n] ? strtoull(digits, NULL, 16) : 0;
}

/* Whether the ERE, or an alternative in it, begins with the prefix of functions without a symbol.
 */
static bool begins_unnamed(const char *ere)
{
    const char *at = strstr(ere, UNNAMED_PREFIX);
    while (at && at > ere && !strchr("(|^", at[-1]))
        at = strstr(at + 1, UNNAMED_PREFIX);
    return at != NULL;
}

/* Appends what the user may have meant by something that is no regular expression. */
static void add_meant(const char *ere, struct error *err)
{
    cleanup(cleanup_free) char *of_glob = pattern_text_of_glob(ere);
    cleanup(cleanup_free) char *of_operator = pattern_text_of_operator(ere);
    struct error why = *err;
    if (of_glob)
        error_set(err, why.code, "%s; a shell pattern (glob) '%.*s' would be '%.*s'", why.text,
                  SHOWN_PATTERN_MAX, ere, SHOWN_PATTERN_MAX, of_glob);
    else if (of_operator)
        error_set(err, why.code, "%s; as the name of an operator write '%.*s'", why.text,
                  SHOWN_PATTERN_MAX, of_operator);
}

/* `module` and `glob` may be NULL. `has_ere`: `name`, of `length` bytes, is an ERE, too. */
static int add_reading(struct function_pattern *pattern, const char *module, size_t module_length,
                       const char *name, size_t length, const char *glob, bool has_ere,
                       struct error *err)
{
    struct pattern_reading *reading = &pattern->readings[pattern->n++];
    reading->module = module ? strndup(module, module_length) : NULL;
    reading->glob = glob ? strdup(glob) : NULL;
    reading->printed = strndup(name, length);
    size_t suffix = reading->printed ? event_suffix(reading->printed) : 0;
    reading->event = suffix ? strndup(name, length - suffix) : NULL;
    reading->tells_apart = reading->printed && printed_name_tells_apart(reading->printed);
    if ((module && !reading->module) || (glob && !reading->glob) || !reading->printed ||
        (suffix && !reading->event))
        return error_set(err, -ENOMEM, "out of memory");
    reading->address = number_behind(reading->printed, "0x");
    if (reading->address && !module && !glob)
        return error_set(err, -EINVAL,
                         "the pattern '%s' is an address without a module: it is one of a file "
                         "(%s@MODULE)",
                         pattern->text, pattern->text);
    reading->is_of_unnamed =
        reading->address || ((module || glob) && begins_unnamed(reading->printed));
    if (!has_ere || reading->address)
        return 0;
    int r = name_regex_compile(&reading->regex, reading->printed, err);
    reading->has_regex = r == 0;
    if (r == -EINVAL && printed_name_looks_so(reading->printed))
        return 0;
    if (r == -EINVAL)
        add_meant(reading->printed, err);
    return r;
}

/* The readings of the text from `name` on. */
static int add_readings(struct function_pattern *pattern, const char *module, const char *name,
                        struct error *err)
{
    size_t module_length = module ? (size_t)(name - module) - 1 : 0;
    const char *at = strrchr(name, '@');
    size_t length = at ? (size_t)(at - name) : strlen(name);
    if (length == 0)
        return error_set(err, -EINVAL,
                         "the pattern '%s' names no function ('.*' stands for all of them)",
                         pattern->text);
    if (at && !at[1])
        return error_set(err, -EINVAL, "the pattern '%s' has no module after its '@'",
                         pattern->text);
    int r =
        add_reading(pattern, module, module_length, name, length, at ? at + 1 : NULL, true, err);
    if (r < 0 || !at || !is_source_file(at + 1))
        return r;
    return add_reading(pattern, module, module_length, name, strlen(name), NULL, false, err);
}

/* A module in front of one alternative would be taken for that of all. */
static int check_alternatives(const char *text, size_t prefix, struct error *err)
{
    for (const char *at = text; (at = strchr(at, '|')); at++) {
        if (module_prefix(at + 1) && !may_be_of_name(at + 1))
            return error_set(
                err, -EINVAL,
                "the pattern '%.*s' has a module in an alternative: '%.*s' is for all "
                "of it; give each module an -f of its own, or write FUNCTION|FUNCTION@MODULE",
                SHOWN_PATTERN_MAX, text, (int)prefix, text);
    }
    return 0;
}

static void pattern_cleanup(struct function_pattern **pattern)
{
    function_pattern_free(*pattern);
}

int function_pattern_parse(const char *text, struct function_pattern **result, struct error *err)
{
    cleanup(pattern_cleanup) struct function_pattern *pattern = calloc(1, sizeof(*pattern));
    if (!pattern || !(pattern->text = strdup(text)))
        return error_set(err, -ENOMEM, "out of memory");
    size_t prefix = module_prefix(text);
    int r = prefix ? check_alternatives(text, prefix, err) : 0;
    if (r == 0 && prefix)
        r = add_readings(pattern, text, text + prefix, err);
    if (r == 0 && (!prefix || may_be_of_name(text)))
        r = add_readings(pattern, NULL, text, err);
    if (r == 0)
        *result = take_ptr(pattern);
    return r;
}

static void reading_free(struct pattern_reading *reading)
{
    if (reading->has_regex)
        name_regex_free(&reading->regex);
    free(reading->module);
    free(reading->glob);
    free(reading->printed);
    free(reading->event);
}

void function_pattern_free(struct function_pattern *pattern)
{
    if (!pattern)
        return;
    for (size_t i = 0; i < pattern->n; i++)
        reading_free(&pattern->readings[i]);
    free(pattern->text);
    free(pattern);
}

const char *function_pattern_text(const struct function_pattern *pattern)
{
    return pattern->text;
}

const char *function_pattern_name(const struct function_pattern *pattern)
{
    const struct pattern_reading *first = &pattern->readings[0];
    return first->event ? first->event : first->printed;
}

const char *function_pattern_module(const struct function_pattern *pattern)
{
    const struct pattern_reading *first = &pattern->readings[0];
    return first->module ? first->module : first->glob;
}

uint64_t function_pattern_address(const struct function_pattern *pattern)
{
    const struct pattern_reading *first = &pattern->readings[0];
    if (first->address)
        return first->address;
    return first->is_of_unnamed ? number_behind(first->printed, UNNAMED_PREFIX) : 0;
}

/* ---- matching ---- */

static bool reading_matches_module(const struct pattern_reading *reading,
                                   const struct module_names *module)
{
    return (!reading->module || module_glob_matches(reading->module, module)) &&
           (!reading->glob || module_glob_matches(reading->glob, module));
}

static bool reading_matches_name(const struct pattern_reading *reading,
                                 const struct printed_name *name)
{
    if (reading->address)
        return name->entry.value == reading->address;
    /* "()" is an empty parameter list, if there can be one, and not an empty expression. */
    bool is_list = name->parameters && strstr(reading->printed, "()");
    return (reading->has_regex && !is_list && name_regex_matches(&reading->regex, name->name)) ||
           printed_name_is(name, reading->printed) ||
           (reading->event && printed_name_is(name, reading->event));
}

bool function_pattern_names_module(const struct function_pattern *pattern)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (pattern->readings[i].module || pattern->readings[i].glob)
            return true;
    return false;
}

bool function_pattern_matches_module(const struct function_pattern *pattern,
                                     const struct module_names *module)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (reading_matches_module(&pattern->readings[i], module))
            return true;
    return false;
}

bool function_pattern_names_unnamed(const struct function_pattern *pattern,
                                    const struct module_names *module)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (pattern->readings[i].is_of_unnamed &&
            reading_matches_module(&pattern->readings[i], module))
            return true;
    return false;
}

bool function_pattern_matches_unnamed(const struct function_pattern *pattern,
                                      const struct printed_name *name,
                                      const struct module_names *module)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (pattern->readings[i].is_of_unnamed &&
            reading_matches_module(&pattern->readings[i], module) &&
            reading_matches_name(&pattern->readings[i], name))
            return true;
    return false;
}

bool function_pattern_matches(const struct function_pattern *pattern,
                              const struct printed_name *names, size_t n,
                              const struct module_names *module)
{
    for (size_t i = 0; i < pattern->n; i++) {
        const struct pattern_reading *reading = &pattern->readings[i];
        if (!reading_matches_module(reading, module))
            continue;
        for (size_t k = 0; k < n; k++)
            if (reading_matches_name(reading, &names[k]))
                return true;
    }
    return false;
}

bool function_pattern_may_be_event(const struct function_pattern *pattern,
                                   const struct printed_name *names, size_t n,
                                   const struct module_names *module)
{
    for (size_t i = 0; i < pattern->n; i++) {
        const struct pattern_reading *reading = &pattern->readings[i];
        const char *text = reading->event ? reading->event : reading->printed;
        if (!reading->tells_apart || !reading_matches_module(reading, module))
            continue;
        for (size_t k = 0; k < n; k++)
            if (printed_name_is_told_apart(&names[k], text) ||
                printed_name_is_told_apart(&names[k], reading->printed))
                return true;
    }
    return false;
}

bool function_pattern_is_event(const struct function_pattern *pattern, const char *name,
                               const struct module_names *module)
{
    const struct printed_name event = {.name = name};
    for (size_t i = 0; i < pattern->n; i++) {
        const struct pattern_reading *reading = &pattern->readings[i];
        if (reading->tells_apart && reading_matches_module(reading, module) &&
            (printed_name_is(&event, reading->printed) ||
             (reading->event && printed_name_is(&event, reading->event))))
            return true;
    }
    return false;
}
