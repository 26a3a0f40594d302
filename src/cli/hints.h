/* SPDX-License-Identifier: MIT */
/*
 * Hints for the user where a trace would stay empty without a word: why there is nothing to trace,
 * and what could be. Each is one line; all are warnings, so that --quiet leaves them out.
 */
#ifndef CLI_HINTS_H
#define CLI_HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "util/vec.h"

struct image;
struct target;
struct tracer;

enum { PROGRAMS_TOLD_MAX = 2 }; /* a program may execute others again and again */

/* What is known of the programs that the user named. */
struct hints {
    VEC(struct image *) images; /* of the last of them and its libraries; the catalog's */
    struct image *program;      /* NULL: none has started */
    bool script_told;
    bool waits; /* for the program that this one is to execute */
    /* Paths of programs of which it was said that they have nothing to trace. Several processes may
       run one program, and it may execute itself. */
    char *told[PROGRAMS_TOLD_MAX];
    size_t n_told;
};

void hints_free(struct hints *hints);

/* All that the target's program starts with is mapped: says if it is a script's interpreter, and if
   it has nothing to trace. Nothing happens before that is known, and for processes that the user
   did not name. */
void hints_start(struct tracer *tracer, const struct target *target);
/* Whether the image is of a program that executes the one in its arguments: env(1), nice(1). */
bool hints_is_wrapper(const struct image *image);
/* At the end: says what to try if armed functions had no calls. */
void hints_end(struct tracer *tracer, uint64_t calls);
/* --list has nothing to show of the program, which may be among the n images. */
void hints_list(const struct options *options, struct image *program, struct image *const *images,
                size_t n);

#endif
