/* SPDX-License-Identifier: MIT */
#include "cli/unmatched_patterns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/function_pattern.h"
#include "symbols/function_place.h"
#include "symbols/pattern_text.h"
#include "symbols/similar_functions.h"
#include "symbols/similar_modules.h"
#include "symbols/untraced_name.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/shown_name.h"

enum {
    LINES_MAX = 5,
    SHOWN_PATTERN_MAX = 200,
    SHOWN_FUNCTION_MAX = 150,
    SHOWN_MODULE_MAX = 60,
    UNTRACED_TIME_NS = 200000000,
};

void unmatched_patterns_free(struct unmatched_patterns *unmatched)
{
    vec_free(&unmatched->list);
    vec_free(&unmatched->images);
}

/* Out of memory: the pattern is not reported. */
static void take_pattern(void *data, const struct unmatched_pattern *pattern)
{
    struct unmatched_patterns *unmatched = data;
    struct unmatched_pattern *taken = vec_push(&unmatched->list);
    if (taken)
        *taken = *pattern;
}

void unmatched_patterns_take(struct unmatched_patterns *unmatched,
                             const struct function_filter *select)
{
    function_filter_unmatched(select, take_pattern, unmatched);
}

void unmatched_patterns_add_image(struct unmatched_patterns *unmatched, struct image *image)
{
    for (size_t i = 0; i < unmatched->images.count; i++)
        if (unmatched->images.items[i] == image)
            return;
    struct image **added = vec_push(&unmatched->images);
    if (added)
        *added = image;
}

static bool is_meant(const struct function_pattern *pattern, const struct image *image)
{
    const struct module_names names = image_names(image);
    return function_pattern_matches_module(pattern, &names);
}

/* ---- parts of a line ---- */

static void put_similar(FILE *stream, const struct similar_search *search)
{
    for (size_t i = 0; i < search->n; i++) {
        const struct similar_function *found = &search->found[i];
        fprintf(stream, "%s%s:", i == 0 ? "; similar names: " : ", ", image_provider(found->image));
        shown_name_write(stream, found->name, SHOWN_FUNCTION_MAX);
        if (found->parameters)
            shown_name_write(stream, found->parameters, SHOWN_FUNCTION_MAX);
    }
}

/* In the modules that the pattern means, or else in the others. */
static void search_images(const struct unmatched_patterns *unmatched,
                          const struct function_pattern *pattern, bool meant,
                          struct similar_search *search)
{
    for (size_t i = 0; i < unmatched->images.count; i++)
        if (is_meant(pattern, unmatched->images.items[i]) == meant)
            similar_search_image(search, unmatched->images.items[i]);
}

/* false: there are none. */
static bool put_similar_to(FILE *stream, const struct unmatched_patterns *unmatched,
                           const struct function_pattern *pattern, const char *word)
{
    struct similar_search search;
    similar_search_begin(&search, word, strchr(function_pattern_name(pattern), '(') != NULL);
    search_images(unmatched, pattern, true, &search);
    if (search.n == 0 && search.n_around == 0)
        search_images(unmatched, pattern, false, &search);
    put_similar(stream, &search);
    if (search.n_around == 0 || (search.n > 0 && search.found[0].distance == 0))
        return search.n > 0;
    fprintf(stream, "; %zu name%s it: '.*", search.n_around,
            search.n_around == 1 ? " contains" : "s contain");
    shown_name_write(stream, word, SHOWN_FUNCTION_MAX);
    fputs(".*'", stream);
    return true;
}

/* Whether a module that the pattern is for has the function itself. */
static bool is_defined(const struct unmatched_patterns *unmatched,
                       const struct function_pattern *pattern, const char *name)
{
    file_vaddr ignored;
    for (size_t i = 0; i < unmatched->images.count; i++)
        if (is_meant(pattern, unmatched->images.items[i]) &&
            image_symbol(unmatched->images.items[i], name, &ignored))
            return true;
    return false;
}

/* Why the name, of a symbol, is not that of a function. false: nothing is known of it. */
static bool put_untraced(FILE *stream, const struct unmatched_patterns *unmatched,
                         const struct function_pattern *pattern, const char *name)
{
    static const char *const reasons[] = {
        [UNTRACED_FOREIGN] = "is a function of another module",
        [UNTRACED_DATA] = "is data",
        [UNTRACED_LABEL] = "is a label without a type, and may be no function",
        [UNTRACED_PART] = "is a part of a function, not one that is called",
        [UNTRACED_STARTUP] = "is start-up code, which is not traced",
    };
    uint64_t end_ns = clock_now_ns() + UNTRACED_TIME_NS;
    for (size_t i = 0; i < unmatched->images.count && clock_now_ns() < end_ns; i++) {
        struct image *image = unmatched->images.items[i];
        enum untraced_kind kind =
            is_meant(pattern, image) ? untraced_name_kind(image, name) : UNTRACED_UNKNOWN;
        if (kind == UNTRACED_UNKNOWN ||
            (kind == UNTRACED_FOREIGN && is_defined(unmatched, pattern, name)))
            continue;
        fprintf(stream, "; %s:", image_provider(image));
        shown_name_write(stream, name, SHOWN_FUNCTION_MAX);
        fprintf(stream, " %s", reasons[kind]);
        return true;
    }
    return false;
}

/* Modules with a function of that name whose functions were not looked at. false: none. */
static bool put_elsewhere(FILE *stream, const struct unmatched_patterns *unmatched,
                          const struct function_pattern *pattern, const char *name)
{
    uint64_t end_ns = clock_now_ns() + UNTRACED_TIME_NS;
    for (size_t i = 0; i < unmatched->images.count && clock_now_ns() < end_ns; i++) {
        struct image *image = unmatched->images.items[i];
        file_vaddr ignored;
        if (is_meant(pattern, image) || !image_symbol(image, name, &ignored))
            continue;
        fprintf(stream, "; it is in %s: '", image_provider(image));
        shown_name_write(stream, name, SHOWN_FUNCTION_MAX);
        fprintf(stream, "@%s'", image_provider(image));
        return true;
    }
    return false;
}

static void put_modules(FILE *stream, const struct unmatched_patterns *unmatched,
                        const char *wanted)
{
    struct similar_modules similar;
    fputs(": no module is called '", stream);
    shown_name_write(stream, wanted, SHOWN_MODULE_MAX);
    similar_modules_find(&similar, wanted, unmatched->images.items, unmatched->images.count);
    for (size_t i = 0; i < similar.n; i++) {
        fputs(i == 0 ? "', similar: " : ", ", stream);
        shown_name_write(stream, similar.names[i], SHOWN_MODULE_MAX);
    }
    fputs(similar.n > 0 ? " (--modules lists all)" : "' (--modules lists them)", stream);
    if (strstr(wanted, ".*"))
        fputs("; behind the '@' is a shell pattern (glob): '*' by itself stands for any text",
              stream);
}

static bool is_module_known(const struct unmatched_patterns *unmatched,
                            const struct function_pattern *pattern)
{
    for (size_t i = 0; i < unmatched->images.count; i++)
        if (is_meant(pattern, unmatched->images.items[i]))
            return true;
    return false;
}

/* What the address is of, in the first module that the pattern means and that has code there.
   false: the pattern means no address, or no module is known. */
static bool put_place(FILE *stream, const struct unmatched_patterns *unmatched,
                      const struct function_pattern *pattern)
{
    const uint64_t address = function_pattern_address(pattern);
    const struct image *of_no_code = NULL;
    for (size_t i = 0; address && i < unmatched->images.count; i++) {
        struct image *image = unmatched->images.items[i];
        if (!is_meant(pattern, image))
            continue;
        struct function_place place = function_place_find(image, file_vaddr_of(address));
        const char *provider = image_provider(image);
        switch (place.kind) {
        case PLACE_NO_CODE:
            of_no_code = image;
            continue;
        case PLACE_OF_LINKAGE:
            fprintf(stream, "; %s: this is in a linkage table", provider);
            return true;
        case PLACE_NO_FUNCTION:
            fprintf(stream, "; %s: no function is known to have this code", provider);
            return true;
        case PLACE_IN_FUNCTION:
            fprintf(stream, "; it is %s%s:", address == place.start.value ? "" : "inside ",
                    provider);
            shown_name_write(stream, place.name, SHOWN_FUNCTION_MAX);
            if (address != place.start.value)
                fprintf(stream, " (+0x%" PRIx64 "), which starts at 0x%" PRIx64,
                        address - place.start.value, place.start.value);
            return true;
        }
    }
    if (of_no_code)
        fprintf(stream,
                "; %s: the file has no code there (addresses are those in the file, as nm shows "
                "them)",
                image_provider(of_no_code));
    return of_no_code != NULL;
}

/* The modules that the pattern means have no names of functions at all. false: they have. */
static bool put_stripped(FILE *stream, const struct unmatched_patterns *unmatched,
                         const struct function_pattern *pattern)
{
    const struct image *stripped = NULL;
    if (!function_pattern_module(pattern) ||
        strncmp(function_pattern_name(pattern), UNNAMED_PREFIX, strlen(UNNAMED_PREFIX)) == 0)
        return false;
    for (size_t i = 0; i < unmatched->images.count; i++) {
        struct image *image = unmatched->images.items[i];
        if (!is_meant(pattern, image))
            continue;
        if (image_count_functions(image))
            return false;
        stripped = stripped ? stripped : image;
    }
    if (stripped)
        fprintf(stream,
                ": the functions of %s have no names, as it is stripped; by their addresses: "
                "'" UNNAMED_PREFIX ".*@%s'",
                image_provider(stripped), image_provider(stripped));
    return stripped != NULL;
}

/* false: the pattern is not for functions without a symbol. */
static bool put_unnamed(FILE *stream, const struct unmatched_patterns *unmatched,
                        const struct function_pattern *pattern)
{
    if (strncmp(function_pattern_name(pattern), UNNAMED_PREFIX, strlen(UNNAMED_PREFIX)) != 0 ||
        unmatched->images.count == 0)
        return false;
    if (function_pattern_module(pattern)) {
        fputs("; no function without a symbol is known there", stream);
        return true;
    }
    fputs("; functions without a symbol need a module: '", stream);
    shown_name_write(stream, function_pattern_name(pattern), SHOWN_PATTERN_MAX);
    fprintf(stream, "@%s'", image_provider(unmatched->images.items[0]));
    return true;
}

static void put_reason(FILE *stream, const struct unmatched_patterns *unmatched,
                       const struct function_pattern *pattern)
{
    const char *name = function_pattern_name(pattern), *module = function_pattern_module(pattern);
    if (put_place(stream, unmatched, pattern) || put_stripped(stream, unmatched, pattern))
        return;
    if (module && !is_module_known(unmatched, pattern))
        put_modules(stream, unmatched, module);
    cleanup(cleanup_free) char *of_glob = pattern_text_of_glob(name);
    cleanup(cleanup_free) char *of_operator = pattern_text_of_operator(name);
    if (of_glob || of_operator) {
        fputs(of_glob ? "; the shell pattern (glob) is '" : "; the operator's name is '", stream);
        shown_name_write(stream, of_glob ? of_glob : of_operator, SHOWN_PATTERN_MAX);
        if (module && is_module_known(unmatched, pattern)) {
            fputc('@', stream);
            shown_name_write(stream, module, SHOWN_PATTERN_MAX);
        }
        fputs("' as a regular expression", stream);
    }
    char *words[PATTERN_WORDS_MAX];
    size_t n = pattern_text_words(name, words);
    bool is_told = of_glob || of_operator || (module && !is_module_known(unmatched, pattern));
    if (n == 1 && !strchr(words[0], '*')) {
        is_told |= put_untraced(stream, unmatched, pattern, words[0]);
        is_told |= module && put_elsewhere(stream, unmatched, pattern, words[0]);
    }
    for (size_t i = 0; i < n; i++) {
        is_told = is_told || put_similar_to(stream, unmatched, pattern, words[i]);
        free(words[i]);
    }
    is_told = is_told || put_unnamed(stream, unmatched, pattern);
    if (!is_told && unmatched->is_early)
        fputs(": a library that is loaded later may have it", stream);
}

static void say_pattern(const struct unmatched_patterns *unmatched,
                        const struct unmatched_pattern *one)
{
    char *line = NULL;
    size_t size;
    FILE *stream = open_memstream(&line, &size);
    if (!stream)
        return;
    if (one->file)
        fprintf(stream, "%s:%u: ", one->file, one->line);
    fputs("no function matches '", stream);
    shown_name_write(stream, function_pattern_text(one->pattern), SHOWN_PATTERN_MAX);
    fputs(unmatched->is_early ? "' yet" : "'", stream);
    put_reason(stream, unmatched, one->pattern);
    if (fclose(stream) == 0)
        log_warning("%s", line);
    free(line);
}

void unmatched_patterns_say(const struct unmatched_patterns *unmatched)
{
    size_t n = unmatched->list.count;
    for (size_t i = 0; i < n && i < LINES_MAX; i++)
        say_pattern(unmatched, &unmatched->list.items[i]);
    if (n > LINES_MAX)
        log_warning("%zu more patterns match no function", n - LINES_MAX);
}
