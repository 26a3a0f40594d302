/* SPDX-License-Identifier: MIT */
/* The values of an event as JSON. */
#ifndef ANALYSIS_EXPORT_VALUE_JSON_H
#define ANALYSIS_EXPORT_VALUE_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/trace_event.h"

enum json_numbers {
    JSON_NUMBERS_EXACT,  /* all are numbers */
    JSON_NUMBERS_DOUBLE, /* integers that a double does not hold are strings: for JavaScript */
};

/*
 * Writes an object with a member for each field: integers and floats as numbers (those that JSON
 * has none for as strings: "nan", "inf", "-inf"), pointers and untyped words as strings in hex,
 * labels of enumerators as strings. What lies behind a NULL pointer is null, and behind one that
 * could not be read "(bad address)". Returns the number of members.
 */
size_t value_json_write(FILE *stream, const struct trace_event *event, enum json_numbers numbers);

#endif
