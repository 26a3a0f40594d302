/* SPDX-License-Identifier: MIT */
/* The option that getopt_long(3) has refused, as it was typed, and what may have been meant. */
#ifndef CLI_REFUSED_OPTION_H
#define CLI_REFUSED_OPTION_H

#include <getopt.h>
#include <stdbool.h>

#include "cli/did_you_mean.h"
#include "util/error.h"

struct refused_option {
    char word[256];              /* "-z", "--colour", possibly cut */
    bool takes_none;             /* it is known, but not with "=ARGUMENT" */
    bool has_no_value;           /* it is known, but its argument is missing */
    bool is_ambiguous;           /* it abbreviates several options */
    char hint[DID_YOU_MEAN_MAX]; /* "; did you mean --color?", ": --stack, --stats", or "" */
};

/* After getopt_long(argc, argv, letters, options, ...) has answered `option`: '?' or ':'. */
struct refused_option refused_option(int option, int argc, char **argv, const char *letters,
                                     const struct option *options);

enum { REFUSED_TEXT_MAX = 700 };

/* What is wrong with it. `command`: whose option it is, NULL: the tracer's. */
void refused_option_text(const struct refused_option *refused, const char *command,
                         char text[REFUSED_TEXT_MAX]);

/* A word of letters, such as "-print" (-p rint), is refused for another reason: adds that it has
   the name of an option, which has two dashes. */
void refused_option_hint_dash(const char *word, const struct option *options, struct error *err);

#endif
