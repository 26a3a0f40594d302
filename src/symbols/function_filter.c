/* SPDX-License-Identifier: MIT */
#include "symbols/function_filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/text.h"
#include "util/vec.h"

/* Limits for compiling one pattern, which happens twice. */
enum {
    COMPILE_TIME_US = 500000,
    COMPILE_MEMORY = 96 << 20,
    PARENTHESES_MANY = 500,
    REPEATS_MANY = 3
};

struct pattern {
    char *text;    /* as the user wrote it */
    char *literal; /* the ERE if it has no special characters; compared with strcmp() */
    char *glob;    /* for the module; NULL: any module */
    regex_t regex; /* when literal is NULL */
    bool anchored; /* the regex matches whole names only */
    bool matched;
};

struct function_filter {
    VEC(struct pattern) included;
    VEC(struct pattern) excluded;
};

int function_filter_new(struct function_filter **filter)
{
    *filter = calloc(1, sizeof(**filter));
    return *filter ? 0 : -ENOMEM;
}

static void pattern_free(struct pattern *pattern)
{
    if (!pattern->literal)
        regfree(&pattern->regex);
    free(pattern->text);
    free(pattern->literal);
    free(pattern->glob);
}

void function_filter_free(struct function_filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->included.count; i++)
        pattern_free(&filter->included.items[i]);
    for (size_t i = 0; i < filter->excluded.count; i++)
        pattern_free(&filter->excluded.items[i]);
    vec_free(&filter->included);
    vec_free(&filter->excluded);
    free(filter);
}

static bool has_back_reference(const char *ere)
{
    for (const char *at = ere; (at = strchr(at, '\\')) && at[1]; at += 2)
        if (at[1] >= '1' && at[1] <= '9')
            return true;
    return false;
}

/* Returns the position after the bracket expression whose '[' is before `at` (POSIX.1-2017, XBD
   9.3.5). */
static const char *skip_bracket(const char *at)
{
    at += *at == '^';
    at += *at == ']';
    while (*at && *at != ']') {
        char kind = at[0] == '[' ? at[1] : '\0';
        if (kind != ':' && kind != '.' && kind != '=') {
            at++;
            continue;
        }
        const char end[] = {kind, ']', '\0'}, *found = strstr(at + 2, end);
        at = found ? found + 2 : at + 1;
    }
    return at + (*at == ']');
}

/* Whether there is a ')' without '(', which regcomp() treats as an ordinary character. */
static bool closes_nothing(const char *ere)
{
    size_t open = 0;
    for (const char *at = ere; *at;) {
        char c = *at++;
        if (c == ')' && open == 0)
            return true;
        if (c == '(' || c == ')')
            open += c == '(' ? 1 : (size_t)-1;
        else if (c == '[')
            at = skip_bracket(at);
        else if (c == '\\' && *at)
            at++;
    }
    return false;
}

/*
 * Compiles the user's text to check it, and then ^(...)$ with it: an anchored regex is not tried at
 * each position of a name, without which ".*x.*" is slow on a library with half a million long
 * names, while the process may be stopped. The parentheses would renumber back-references, and a
 * ')' without '(' would close them, so that such texts are not anchored. Returns what regcomp()
 * does.
 */
static int compile(const char *ere, regex_t *regex, bool *anchored)
{
    int r = regcomp(regex, ere, REG_EXTENDED);
    *anchored = false;
    if (r || has_back_reference(ere) || closes_nothing(ere))
        return r;
    cleanup(cleanup_free) char *whole = text_format("^(%s)$", ere);
    regfree(regex);
    *anchored = true;
    return whole ? regcomp(regex, whole, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
}

/* Compiles in a child process with limits, as regcomp() cannot be interrupted. The exit status is
   the result. */
static void compile_and_exit(const char *ere)
{
    const struct itimerval time = {.it_value.tv_usec = COMPILE_TIME_US};
    unsigned long pages = 0;
    regex_t regex;
    bool anchored;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm && fscanf(statm, "%lu", &pages) != 1)
        pages = 0;
    struct rlimit memory;
    getrlimit(RLIMIT_AS, &memory);
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + COMPILE_MEMORY;
    if (most < memory.rlim_cur)
        memory.rlim_cur = most;
    signal(SIGVTALRM, SIG_DFL);
    if (pages && setrlimit(RLIMIT_AS, &memory) == 0 && setitimer(ITIMER_VIRTUAL, &time, NULL) == 0)
        _exit(compile(ere, &regex, &anchored) == REG_ESPACE);
    _exit(2);
}

/*
 * regcomp() copies a repeated expression as often as its bounds allow ("a{1,9}") and that before a
 * '+' twice, and follows each way through optional parts. For nested repetitions it may need more
 * memory and time than there is, and the rules are its own. So such patterns are tried in a child
 * process first. Returns 0 if the pattern can be compiled or need not be tried.
 */
static int check_cost(const char *ere, struct error *err)
{
    int status = 0;
    size_t open = 0, repeats = 0;
    for (const char *at = ere; *at; at++) {
        open += *at == '(';
        repeats += strchr("*+?", at[0]) && at > ere && strchr("*+?)", at[-1]);
    }
    /* It is recursive for parentheses, too. */
    if (!strchr(ere, '{') && open < PARENTHESES_MANY && repeats < REPEATS_MANY)
        return 0;
    pid_t child = fork();
    if (child == 0)
        compile_and_exit(ere);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) > 1))
        return error_set(err, -EAGAIN, "the pattern '%.100s' cannot be tried: %s", ere,
                         child < 0 ? strerror(errno) : "/proc is not there");
    if (status == 0)
        return 0;
    return error_set(
        err, -EINVAL,
        "the pattern '%.100s%s' takes too much memory or time: {...} of what is large, "
        "or too many parentheses, '*', '+' or '?'",
        ere, strlen(ere) > 100 ? "..." : "");
}

int function_filter_add(struct function_filter *filter, const char *text, bool exclude,
                        struct error *err)
{
    const char *at = strrchr(text, '@');
    size_t ere_length = at ? (size_t)(at - text) : strlen(text);
    if (ere_length == 0)
        return error_set(err, -EINVAL,
                         "the pattern '%s' names no function ('.*' stands for all of them)", text);
    if (at && !at[1])
        return error_set(err, -EINVAL, "the pattern '%s' has no module after its '@'", text);

    cleanup(cleanup_free) char *copy = strdup(text);
    cleanup(cleanup_free) char *ere = strndup(text, ere_length);
    cleanup(cleanup_free) char *glob = at ? strdup(at + 1) : NULL;
    if (!copy || !ere || (at && !glob))
        return error_set(err, -ENOMEM, "out of memory");

    bool is_literal = strpbrk(ere, "^.[]$()|*+?{}\\") == NULL;
    bool anchored = false;
    regex_t regex;
    if (!is_literal) {
        int cost = check_cost(ere, err);
        if (cost < 0)
            return cost;
        int r = compile(ere, &regex, &anchored);
        if (r) {
            char why[128];
            regerror(r, &regex, why, sizeof(why));
            return error_set(err, -EINVAL, "the pattern '%s' is not a regular expression: %s", ere,
                             why);
        }
    }

    struct pattern *pattern = exclude ? vec_push(&filter->excluded) : vec_push(&filter->included);
    if (!pattern) {
        if (!is_literal)
            regfree(&regex);
        return error_set(err, -ENOMEM, "out of memory");
    }
    pattern->text = take_ptr(copy);
    pattern->glob = take_ptr(glob);
    if (is_literal)
        pattern->literal = take_ptr(ere);
    else
        pattern->regex = regex;
    pattern->anchored = anchored;
    return 0;
}

int function_filter_add_file(struct function_filter *filter, const char *path, struct error *err)
{
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    if (!file) {
        int code = -errno;
        return error_set(err, code, "cannot read the filter file %s: %s", path, strerror(-code));
    }

    cleanup(cleanup_free) char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    errno = 0;
    for (unsigned number = 1; (length = getline(&line, &capacity, file)) >= 0; number++) {
        if (strlen(line) != (size_t)length)
            return error_set(err, -EINVAL, "%s:%u: a NUL byte: this is not a text file", path,
                             number);
        char *start = line + strspn(line, " \t\r\n");
        char *end = line + length;
        while (end > start && strchr(" \t\r\n", end[-1]))
            *--end = '\0';
        if (!*start || *start == '#')
            continue;
        bool exclude = *start == '!';
        if (exclude)
            start += 1 + strspn(start + 1, " \t");

        struct error inner = {0};
        int r = function_filter_add(filter, start, exclude, &inner);
        if (r == -EINVAL)
            return error_set(err, r, "%s:%u: %s", path, number, inner.text);
        if (r < 0)
            return r;
        errno = 0;
    }
    if (ferror(file)) {
        int code = errno ? -errno : -EIO;
        return error_set(err, code, "cannot read the filter file %s: %s", path, strerror(-code));
    }
    return 0;
}

bool function_filter_is_explicit(const struct function_filter *filter)
{
    return filter->included.count > 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A library is often mapped under its full version (libz.so.1.2.13) but known by the link it is
   loaded through (libz.so.1). Matches the glob with each of these names. */
static bool glob_matches_file(const char *glob, const char *name)
{
    char shorter[256];
    const char *version = strstr(name, ".so.");
    if (fnmatch(glob, name, 0) == 0)
        return true;
    if (!version || snprintf(shorter, sizeof(shorter), "%s", name) >= (int)sizeof(shorter))
        return false;
    char *first = shorter + (version - name) + strlen(".so"), *dot;
    while ((dot = strrchr(first, '.'))) {
        *dot = '\0';
        if (fnmatch(glob, shorter, 0) == 0)
            return true;
    }
    return false;
}

/* Of a file "lib<provider>.so" or "<provider>.so", whatever its version is. */
static bool glob_matches_provider_file(const char *glob, const char *provider)
{
    const char *end = strstr(glob, ".so");
    size_t n = end ? (size_t)(end - glob) : 0;
    if (!end || (end[3] && end[3] != '.' && end[3] != '*'))
        return false;
    cleanup(cleanup_free) char *stem = strndup(glob, n);
    return stem && (fnmatch(stem, provider, 0) == 0 ||
                    (strncmp(stem, "lib", 3) == 0 && fnmatch(stem + 3, provider, 0) == 0));
}

static bool pattern_matches_module(const struct pattern *pattern, const char *provider,
                                   const char *path)
{
    return !pattern->glob || fnmatch(pattern->glob, provider, 0) == 0 ||
           (path ? glob_matches_file(pattern->glob, base_name(path))
                 : glob_matches_provider_file(pattern->glob, provider));
}

static bool pattern_matches_name(const struct pattern *pattern, const char *name)
{
    if (pattern->literal)
        return strcmp(pattern->literal, name) == 0;
    if (pattern->anchored)
        return regexec(&pattern->regex, name, 0, NULL, 0) == 0;
    /* POSIX regular expressions match leftmost, then longest: if the whole name matches, that match
       is found. */
    regmatch_t match;
    return regexec(&pattern->regex, name, 1, &match, 0) == 0 && match.rm_so == 0 &&
           name[match.rm_eo] == '\0';
}

static bool pattern_matches(const struct pattern *pattern, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        if (pattern_matches_name(pattern, names[i]))
            return true;
    return false;
}

/* Whether the path is below /lib, /usr/lib or similar directories (/usr/lib64, /usr/libexec), which
   belong to the distribution. /usr/local belongs to the administrator. */
static bool is_system_path(const char *path)
{
    static const char *const directories[] = {
        "/lib/",     "/lib32/",     "/lib64/",     "/libx32/",     "/libexec/",
        "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/usr/libx32/", "/usr/libexec/",
    };
    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
        if (strncmp(path, directories[i], strlen(directories[i])) == 0)
            return true;
    return false;
}

bool function_filter_module(const struct function_filter *filter, const char *provider,
                            const char *path, bool is_program)
{
    if (!function_filter_is_explicit(filter))
        return is_program || !is_system_path(path);
    for (size_t i = 0; i < filter->included.count; i++)
        if (pattern_matches_module(&filter->included.items[i], provider, path))
            return true;
    return false;
}

bool function_filter_function(const struct function_filter *filter, const char *const *names,
                              size_t n_names, const char *provider, const char *path,
                              bool is_program, bool whole_module)
{
    bool included = whole_module ||
                    (!function_filter_is_explicit(filter) && (is_program || !is_system_path(path)));
    /* Every matching pattern is marked, so that none is reported as unmatched because another one
       came first. */
    for (size_t i = 0; i < filter->included.count; i++) {
        struct pattern *pattern = &filter->included.items[i];
        if (included && pattern->matched)
            continue;
        if (!pattern_matches_module(pattern, provider, path) ||
            !pattern_matches(pattern, names, n_names))
            continue;
        pattern->matched = true;
        included = true;
    }
    if (!included)
        return false;
    for (size_t i = 0; i < filter->excluded.count; i++) {
        const struct pattern *pattern = &filter->excluded.items[i];
        if (pattern_matches_module(pattern, provider, path) &&
            pattern_matches(pattern, names, n_names))
            return false;
    }
    return true;
}

bool function_filter_names_modules(const struct function_filter *filter)
{
    bool has_glob = false;
    for (size_t i = 0; i < filter->included.count; i++)
        has_glob |= filter->included.items[i].glob != NULL;
    for (size_t i = 0; i < filter->excluded.count; i++)
        has_glob |= filter->excluded.items[i].glob != NULL;
    return has_glob;
}

void function_filter_unmatched(const struct function_filter *filter,
                               void (*report)(void *data, const char *pattern), void *data)
{
    for (size_t i = 0; i < filter->included.count; i++)
        if (!filter->included.items[i].matched)
            report(data, filter->included.items[i].text);
}
