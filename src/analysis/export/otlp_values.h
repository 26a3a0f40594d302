/* SPDX-License-Identifier: MIT */
/* Attributes in OTLP/JSON: {"key": ..., "value": {"intValue": "1"}}, with a comma in front of each.
 */
#ifndef ANALYSIS_EXPORT_OTLP_VALUES_H
#define ANALYSIS_EXPORT_OTLP_VALUES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/trace_event.h"

void otlp_write_text(FILE *stream, const char *key, const char *text);
void otlp_write_integer(FILE *stream, const char *key, int64_t number);

/*
 * The fields of the event, as "PREFIX.NAME", by their types: integers, floats, Booleans, strings.
 * Strings are also the labels of enumerators, pointers and untyped words (in hex), integers from
 * 2^63 on, and "(null)" or "(bad address)" for what lies behind such a pointer. Returns how many.
 */
size_t otlp_write_fields(FILE *stream, const char *prefix, const struct trace_event *event);

#endif
