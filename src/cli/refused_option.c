/* SPDX-License-Identifier: MIT */
#include "cli/refused_option.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 64 };

/* The names of options, of which the first n_abbreviated begin with the typed one. */
struct option_names {
    const char *names[NAMES_MAX];
    size_t n, n_abbreviated;
};

static void collect_names(struct option_names *names, const struct option *options,
                          const char *typed)
{
    *names = (struct option_names){0};
    for (; options->name && names->n < NAMES_MAX; options++) {
        names->names[names->n++] = options->name;
        if (*typed && strncmp(options->name, typed, strlen(typed)) == 0) {
            names->names[names->n - 1] = names->names[names->n_abbreviated];
            names->names[names->n_abbreviated++] = options->name;
        }
    }
}

static void list_abbreviated(struct refused_option *refused, const struct option_names *names)
{
    size_t length = 0, n = names->n_abbreviated;
    for (size_t i = 0; i < n && length < sizeof(refused->hint); i++)
        length += (size_t)snprintf(refused->hint + length, sizeof(refused->hint) - length, "%s--%s",
                                   i == 0       ? ": "
                                   : i == n - 1 ? " or "
                                                : ", ",
                                   names->names[i]);
}

/* `word`: as it was typed, with its dashes. */
static void explain(struct refused_option *refused, const char *word, const struct option *options)
{
    struct option_names names;
    char typed[sizeof(refused->word)];
    bool is_long = strncmp(word, "--", 2) == 0;
    snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word, "="),
             word + (is_long ? 2 : word[0] == '-'));
    typed[strcspn(typed, "=")] = '\0';
    collect_names(&names, options, typed);
    refused->is_ambiguous = is_long && names.n_abbreviated > 1;
    if (refused->is_ambiguous)
        list_abbreviated(refused, &names);
    else if (is_long)
        did_you_mean(refused->hint, typed, "--", names.names, names.n);
    /* "-list" is the letters -l, -i, -s and -t. */
    else if (strlen(typed) > 2 && names.n_abbreviated == 1)
        did_you_mean(refused->hint, names.names[0], "--", names.names, 1);
}

struct refused_option refused_option(int option, int argc, char **argv, const char *letters,
                                     const struct option *options)
{
    struct refused_option refused = {.word = ""};
    bool is_letter = optopt > ' ' && optopt < 0x7f;
    /* Within a word of several letters getopt is still at that word. */
    const char *before = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    const char *word = before;
    /* A letter that is known is refused as the value of a long option. */
    refused.takes_none =
        option == '?' && (optopt >= 0x100 || (is_letter && strchr(letters, optopt)));
    refused.has_no_value = option == ':';
    if (is_letter && !refused.takes_none && !(refused.has_no_value && before[1] == '-')) {
        snprintf(refused.word, sizeof(refused.word), "-%c", optopt);
        if (optind < argc && option == '?' && strncmp(argv[optind], "--", 2) != 0 &&
            argv[optind][0] == '-' && strchr(argv[optind], optopt))
            word = argv[optind];
    } else {
        snprintf(refused.word, sizeof(refused.word), "%.*s",
                 refused.takes_none ? (int)strcspn(word, "=") : (int)strlen(word), word);
    }
    if (!refused.takes_none && !refused.has_no_value)
        explain(&refused, word, options);
    return refused;
}

void refused_option_text(const struct refused_option *refused, const char *command,
                         char text[REFUSED_TEXT_MAX])
{
    const char *word = refused->word;
    if (refused->has_no_value)
        snprintf(text, REFUSED_TEXT_MAX, "option '%s' needs an argument", word);
    else if (refused->takes_none)
        snprintf(text, REFUSED_TEXT_MAX, "option '%s' takes no argument", word);
    else if (refused->is_ambiguous)
        snprintf(text, REFUSED_TEXT_MAX, "option '%s' is ambiguous%s", word, refused->hint);
    else if (command)
        snprintf(text, REFUSED_TEXT_MAX, "%s has no option '%s'%s", command, word, refused->hint);
    else
        snprintf(text, REFUSED_TEXT_MAX, "unknown option '%s'%s", word, refused->hint);
}

void refused_option_hint_dash(const char *word, const struct option *options, struct error *err)
{
    size_t used = strlen(err->text), length = strcspn(word, "=");
    if (length < 3 || word[0] != '-' || word[1] == '-')
        return;
    for (; options->name; options++)
        if (strlen(options->name) == length - 1 && memcmp(options->name, word + 1, length - 1) == 0)
            snprintf(err->text + used, sizeof(err->text) - used, "; did you mean --%s?",
                     options->name);
}
