/* SPDX-License-Identifier: MIT */
#include "symbols/name_regex.h"

#include <errno.h>
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

/* Limits for compiling one pattern, which happens twice. */
enum {
    COMPILE_TIME_US = 500000,
    COMPILE_MEMORY = 96 << 20,
    PARENTHESES_MANY = 500,
    ALTERNATIVES_MANY = 500,
    REPEATS_MANY = 3
};

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
    size_t open = 0, alternatives = 0, repeats = 0;
    for (const char *at = ere; *at; at++) {
        open += *at == '(';
        alternatives += *at == '|';
        repeats += strchr("*+?", at[0]) && at > ere && strchr("*+?)", at[-1]);
    }
    /* It is recursive for parentheses and alternatives, too. */
    if (!strchr(ere, '{') && open < PARENTHESES_MANY && alternatives < ALTERNATIVES_MANY &&
        repeats < REPEATS_MANY)
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
        err, -E2BIG,
        "the pattern '%.100s%s' takes too much memory or time: {...} of what is large, "
        "or too many parentheses, '|', '*', '+' or '?'",
        ere, strlen(ere) > 100 ? "..." : "");
}

int name_regex_compile(struct name_regex *regex, const char *ere, struct error *err)
{
    *regex = (struct name_regex){0};
    if (!strpbrk(ere, "^.[]$()|*+?{}\\")) {
        regex->literal = strdup(ere);
        return regex->literal ? 0 : error_set(err, -ENOMEM, "out of memory");
    }
    int r = check_cost(ere, err);
    if (r < 0)
        return r;
    r = compile(ere, &regex->regex, &regex->is_anchored);
    if (r == 0)
        return 0;
    char why[128];
    regerror(r, &regex->regex, why, sizeof(why));
    return error_set(err, -EINVAL, "the pattern '%.200s' is not a regular expression: %s", ere,
                     why);
}

void name_regex_free(struct name_regex *regex)
{
    if (!regex->literal)
        regfree(&regex->regex);
    free(regex->literal);
}

bool name_regex_matches(const struct name_regex *regex, const char *name)
{
    if (regex->literal)
        return strcmp(regex->literal, name) == 0;
    if (regex->is_anchored)
        return regexec(&regex->regex, name, 0, NULL, 0) == 0;
    /* POSIX regular expressions match leftmost, then longest: if the whole name matches, that match
       is found. */
    regmatch_t match;
    return regexec(&regex->regex, name, 1, &match, 0) == 0 && match.rm_so == 0 &&
           name[match.rm_eo] == '\0';
}
