/* SPDX-License-Identifier: MIT */
/*
 * A profile as a table: text for people, CSV and JSON for programs.
 *
 *       CALLS  TOTAL   SELF   MEAN    P50    P99    MAX  FUNCTION
 *           8  432us  432us 54.0us 53.1us 60.9us 61.1us  mylib:my_traced_function
 *
 * Where it is known how long calls were on a CPU, CPU and WAIT follow MAX.
 *
 * Names are from a target, and shown safely (util/text.h).
 */
#ifndef MODEL_PROFILE_TABLE_H
#define MODEL_PROFILE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/profile.h"
#include "util/error.h"

/* The columns by which lines can be sorted. */
enum profile_column {
    PROFILE_CALLS,
    PROFILE_TOTAL,
    PROFILE_SELF,
    PROFILE_MEAN,
    PROFILE_P50,
    PROFILE_P99,
    PROFILE_MAX,
    /* Of PROFILE_TOTAL, with profile_style.with_cpu. */
    PROFILE_CPU,
    PROFILE_WAIT,
    PROFILE_COLUMNS,
};

struct profile_line {
    const char *name;
    uint64_t values[PROFILE_COLUMNS]; /* calls, and nanoseconds */
    uint64_t failed;
    bool has_times; /* at least one call has returned */
    bool has_cpu;   /* of at least one it is known how long it was on a CPU */
    bool is_rest;   /* the line of all that have none of their own: the last, however sorted */
};

enum profile_format { PROFILE_TEXT, PROFILE_CSV, PROFILE_JSON };

struct profile_style {
    enum profile_format format;
    const char *by;   /* what the lines are: "function"; the last head, in capital letters */
    bool with_failed; /* the column FAILED */
    bool with_cpu;    /* the columns CPU and WAIT */
    bool net;         /* said in JSON */
    /* Of text. Columns of the terminal, PROFILE_WIDTH_MIN at least: longer names are cut in the
       middle. 0: they are whole. */
    unsigned width;
    bool colours;
};

enum { PROFILE_WIDTH_MIN = 60 };

/* The column of that name ("self"), or -EINVAL. */
MUST_CHECK int profile_column_of(const char *name);
/* The format of that name ("csv"), or -EINVAL. */
MUST_CHECK int profile_format_of(const char *name);

/* The line of a row; it points to `name`. */
struct profile_line profile_line_of(const struct profile *profile, size_t row, const char *name);

/* The largest values of the column first; then by calls, then by name. */
void profile_lines_sort(struct profile_line *lines, size_t n, enum profile_column column);

/* Writes the table. The caller looks at ferror(). */
void profile_table_write(FILE *stream, const struct profile_line *lines, size_t n,
                         const struct profile_style *style);

#endif
