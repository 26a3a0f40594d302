/* SPDX-License-Identifier: MIT */
/*
 * A condition on the values of a call, as --fail takes it:
 *
 *     retval < 0
 *     retval == NULL && !(size == 0 || name == "tmp")
 *
 * Values are compared as the numbers that they are, whatever their types; an enumeration by its
 * number or its label; text with text. NULL is 0, and a string that is not there. A name alone
 * holds if it is not NULL. A constant is taken as a float where it is compared with one. What a
 * call has no value for is unknown, and so is what is not comparable; !, && and || do with the
 * unknown what SQL does. Text of any kind is accepted: it is bounded and never trusted.
 */
#ifndef ANALYSIS_CONDITION_H
#define ANALYSIS_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/event_value.h"
#include "util/error.h"

enum {
    CONDITION_TEXT_MAX = 4096,
    CONDITION_DEPTH_MAX = 64, /* of parentheses and ! */
    CONDITION_NAMES_MAX = 16,
};

struct condition;

/* Parses the text. -EINVAL, with the reason and the place in err; -ENOMEM. */
MUST_CHECK int condition_parse(const char *text, struct condition **condition, struct error *err);
void condition_free(struct condition *condition);

/* The names of values in it, each once, numbered from 0. NULL: there are no more. */
const char *condition_name(const struct condition *condition, size_t i);

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };

/* Whether it holds. `values`: one for each name. */
enum truth condition_holds(const struct condition *condition, const struct event_value *values);

#endif
