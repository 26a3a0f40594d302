/* SPDX-License-Identifier: MIT */
/* The option that getopt_long(3) has refused, as it was typed. */
#ifndef CLI_REFUSED_OPTION_H
#define CLI_REFUSED_OPTION_H

#include <stdbool.h>

struct refused_option {
    char word[256];  /* "-z", "--colour", possibly cut */
    bool takes_none; /* it is known, but not with "=ARGUMENT" */
};

/* After getopt_long(argc, argv, letters, ...) has answered `option`: '?' or ':'. */
struct refused_option refused_option(int option, int argc, char **argv, const char *letters);

#endif
