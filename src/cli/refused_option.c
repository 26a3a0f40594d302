/* SPDX-License-Identifier: MIT */
#include "cli/refused_option.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct refused_option refused_option(int option, int argc, char **argv, const char *letters)
{
    struct refused_option refused = {.word = ""};
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    bool is_letter = optopt > ' ' && optopt < 0x7f;
    /* A letter that is known is refused as the value of a long option. */
    refused.takes_none =
        option == '?' && (optopt >= 0x100 || (is_letter && strchr(letters, optopt)));
    if (is_letter && !refused.takes_none)
        snprintf(refused.word, sizeof(refused.word), "-%c", optopt);
    else
        snprintf(refused.word, sizeof(refused.word), "%.*s",
                 refused.takes_none ? (int)strcspn(word, "=") : (int)strlen(word), word);
    return refused;
}
