/* SPDX-License-Identifier: MIT */
/* The files of a program that is not run, or of processes: for --list and --modules. */
#ifndef CLI_LISTED_IMAGES_H
#define CLI_LISTED_IMAGES_H

#include <stdbool.h>

#include "cli/options.h"
#include "symbols/catalog.h"
#include "symbols/image.h"
#include "util/error.h"

struct listed_images {
    const struct options *options;
    struct catalog *catalog;
    struct image *program; /* the first; NULL: none is known yet */
    int (*visit)(void *data, struct image *image, bool is_program, struct error *err);
    void *data;
};

/* Calls visit() for the program on the command line and the libraries that it needs, or for all
   files of the processes there. What cannot be read of them is a warning, as long as there is
   something. Returns the exit status; if it is not EXIT_SUCCESS, `err` has the reason. */
int listed_images_visit(struct listed_images *listed, struct error *err);

#endif
