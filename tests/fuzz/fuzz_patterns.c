/* SPDX-License-Identifier: MIT */
/* A line of the input is a pattern, the next a name: the pattern matches the name if the regular
   expression matches all of it, or if the pattern is that name. */
#include "fuzz/fuzz.h"

#include <regex.h>

#include "symbols/function_filter.h"

enum { LENGTH_MAX = 48 };

static bool is_bearable(const char *pattern)
{
    size_t length = strlen(pattern);
    return length <= LENGTH_MAX && fuzz_is_cheap_pattern(pattern, length);
}

/* The whole name, by regexec(): leftmost, then longest. */
static bool matches_by_itself(const char *ere, const char *name)
{
    regex_t regex;
    regmatch_t match;
    if (regcomp(&regex, ere, REG_EXTENDED) != 0) {
        if (!printed_name_looks_so(ere))
            fuzz_fail("a pattern was taken that is no regular expression");
        return false;
    }
    bool matches =
        regexec(&regex, name, 1, &match, 0) == 0 && match.rm_so == 0 && name[match.rm_eo] == '\0';
    regfree(&regex);
    return matches;
}

/* Also as the name of an event. */
static bool is_name(const char *pattern, const char *name)
{
    const struct printed_name printed = {.name = name};
    const char *suffix = strrchr(pattern, '_');
    if (printed_name_is(&printed, pattern))
        return true;
    if (!suffix || suffix == pattern || (strcmp(suffix, "_entry") && strcmp(suffix, "_exit")))
        return false;
    char *event = strndup(pattern, (size_t)(suffix - pattern));
    bool is_event = event && printed_name_is(&printed, event);
    free(event);
    return is_event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *pattern = fuzz_line(&input), *name = fuzz_line(&input);
    struct function_filter *select;
    struct error err = {0};
    if (function_filter_new(&select) < 0)
        abort();
    const struct printed_name names[] = {{.name = name}};
    const struct module_names module = {"provider", "/lib/file.so", NULL};
    if (is_bearable(pattern) && strlen(name) <= LENGTH_MAX &&
        function_filter_add(select, pattern, false, &err) == 0) {
        bool is_selected = function_filter_function(select, names, 1, &module, true, false);
        FUZZ_CHECK(function_filter_is_explicit(select));
        if (!strpbrk(pattern, "@:")) {
            FUZZ_CHECK(is_selected == (matches_by_itself(pattern, name) || is_name(pattern, name)));
            FUZZ_CHECK(function_filter_module(select, &module, false));
        }
        FUZZ_CHECK(function_filter_add(select, pattern, true, &err) == 0);
        FUZZ_CHECK(!function_filter_function(select, names, 1, &module, true, false));
    }
    function_filter_free(select);
    free(pattern);
    free(name);
    return 0;
}
