/* SPDX-License-Identifier: MIT */
#include "model/profile_table.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/duration_text.h"
#include "util/json_text.h"
#include "util/shown_name.h"
#include "util/text.h"

static const char *const COLUMNS[PROFILE_COLUMNS] = {
    [PROFILE_CALLS] = "calls", [PROFILE_TOTAL] = "total", [PROFILE_SELF] = "self",
    [PROFILE_MEAN] = "mean",   [PROFILE_P50] = "p50",     [PROFILE_P99] = "p99",
    [PROFILE_MAX] = "max",     [PROFILE_CPU] = "cpu",     [PROFILE_WAIT] = "wait",
};

static const char *const FORMATS[] = {
    [PROFILE_TEXT] = "text",
    [PROFILE_CSV] = "csv",
    [PROFILE_JSON] = "json",
};

enum { CALLS_WIDTH_MIN = 7 };

static int index_of_name(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -EINVAL;
}

int profile_column_of(const char *name)
{
    return index_of_name(COLUMNS, PROFILE_COLUMNS, name);
}

int profile_format_of(const char *name)
{
    return index_of_name(FORMATS, PROFILE_JSON + 1, name);
}

/* Net times may be a little less than nothing. */
static uint64_t not_negative(int64_t ns)
{
    return ns > 0 ? (uint64_t)ns : 0;
}

struct profile_line profile_line_of(const struct profile *profile, size_t index, const char *name)
{
    const struct profile_row *row = &profile->rows.items[index];
    const struct histogram *durations = &row->durations;
    struct profile_line line = {.name = name, .failed = row->failed};
    line.has_times = durations->count > 0;
    line.values[PROFILE_CALLS] = row->calls;
    if (!line.has_times)
        return line;
    line.values[PROFILE_TOTAL] = not_negative(row->total_ns);
    line.values[PROFILE_SELF] = not_negative(row->self_ns);
    line.values[PROFILE_MEAN] = durations->sum / durations->count;
    line.values[PROFILE_P50] = histogram_percentile(durations, &profile->pool, 50);
    line.values[PROFILE_P99] = histogram_percentile(durations, &profile->pool, 99);
    line.values[PROFILE_MAX] = durations->largest;
    line.has_cpu = row->cpu.is_known;
    line.values[PROFILE_CPU] = not_negative((int64_t)row->cpu.cpu_ns);
    line.values[PROFILE_WAIT] = not_negative((int64_t)row->cpu.wait_ns);
    return line;
}

/* Those that are shown come first in enum profile_column. */
static unsigned columns_of(const struct profile_style *style)
{
    return style->with_cpu ? PROFILE_COLUMNS : PROFILE_CPU;
}

static bool has_value(const struct profile_line *line, unsigned column)
{
    if (column == PROFILE_CALLS)
        return true;
    return column < PROFILE_CPU ? line->has_times : line->has_cpu;
}

static int compare_lines(const void *x, const void *y, void *data)
{
    const struct profile_line *a = x, *b = y;
    const enum profile_column *column = data;
    if (a->is_rest != b->is_rest)
        return a->is_rest ? 1 : -1;
    if (a->values[*column] != b->values[*column])
        return a->values[*column] > b->values[*column] ? -1 : 1;
    if (a->values[PROFILE_CALLS] != b->values[PROFILE_CALLS])
        return a->values[PROFILE_CALLS] > b->values[PROFILE_CALLS] ? -1 : 1;
    return strcmp(a->name, b->name);
}

void profile_lines_sort(struct profile_line *lines, size_t n, enum profile_column column)
{
    if (n)
        qsort_r(lines, n, sizeof(*lines), compare_lines, &column);
}

/* ---- Text */

static unsigned digits_of(uint64_t number)
{
    unsigned n = 1;
    for (; number >= 10; number /= 10)
        n++;
    return n;
}

/* The widths of the columns, without the space in front of them. */
struct widths {
    unsigned calls;
    unsigned failed;
    size_t name; /* 0: any */
};

static struct widths find_widths(const struct profile_line *lines, size_t n,
                                 const struct profile_style *style)
{
    struct widths widths = {.calls = CALLS_WIDTH_MIN, .failed = sizeof("FAILED") - 1};
    for (size_t i = 0; i < n; i++) {
        unsigned calls = digits_of(lines[i].values[PROFILE_CALLS]);
        unsigned failed = digits_of(lines[i].failed);
        widths.calls = calls > widths.calls ? calls : widths.calls;
        widths.failed = failed > widths.failed ? failed : widths.failed;
    }
    if (style->width == 0)
        return widths;
    size_t width = style->width < PROFILE_WIDTH_MIN ? PROFILE_WIDTH_MIN : style->width;
    size_t used = widths.calls + (columns_of(style) - 1) * (DURATION_TEXT_MAX + 1) + 2 +
                  (style->with_failed ? widths.failed + 1 : 0);
    /* Very many calls leave no room: then lines are wider. */
    widths.name = width > used ? width - used : SHOWN_NAME_MIN;
    return widths;
}

static void write_capitals(FILE *stream, const char *text)
{
    for (; *text; text++)
        putc(toupper((unsigned char)*text), stream);
}

static void write_text_head(FILE *stream, const struct widths *widths,
                            const struct profile_style *style)
{
    fputs(style->colours ? "\033[1m" : "", stream);
    for (unsigned column = 0; column < columns_of(style); column++) {
        unsigned width = column == PROFILE_CALLS ? widths->calls : DURATION_TEXT_MAX + 1;
        fprintf(stream, "%*s", (int)(width - strlen(COLUMNS[column])), "");
        write_capitals(stream, COLUMNS[column]);
    }
    if (style->with_failed)
        fprintf(stream, " %*s", (int)widths->failed, "FAILED");
    fputs("  ", stream);
    write_capitals(stream, style->by);
    fputs(style->colours ? "\033[0m\n" : "\n", stream);
}

static void write_text_line(FILE *stream, const struct profile_line *line,
                            const struct widths *widths, const struct profile_style *style)
{
    fprintf(stream, "%*" PRIu64, (int)widths->calls, line->values[PROFILE_CALLS]);
    for (unsigned column = PROFILE_CALLS + 1; column < columns_of(style); column++) {
        char text[DURATION_TEXT_SIZE] = "-";
        if (has_value(line, column))
            duration_text(text, line->values[column]);
        fprintf(stream, " %*s", DURATION_TEXT_MAX, text);
    }
    if (style->with_failed) {
        bool red = style->colours && line->failed;
        fprintf(stream, "%s %*" PRIu64 "%s", red ? "\033[31m" : "", (int)widths->failed,
                line->failed, red ? "\033[0m" : "");
    }
    fputs("  ", stream);
    shown_name_write(stream, line->name, widths->name);
    putc('\n', stream);
}

static void write_text_table(FILE *stream, const struct profile_line *lines, size_t n,
                             const struct profile_style *style)
{
    struct widths widths = find_widths(lines, n, style);
    write_text_head(stream, &widths, style);
    for (size_t i = 0; i < n; i++)
        write_text_line(stream, &lines[i], &widths, style);
}

/* ---- CSV (RFC 4180, with LF) and JSON */

static const char *column_unit(unsigned column)
{
    return column == PROFILE_CALLS ? "" : "_ns";
}

static void write_csv_field(FILE *stream, const char *text)
{
    size_t length = strlen(text), size = 4 * length + 1;
    cleanup(cleanup_free) char *shown = malloc(size);
    if (!shown)
        return;
    text_escape(shown, size, text, length);
    if (!strpbrk(shown, ",\"") && *shown != ' ' && *shown) {
        fputs(shown, stream);
        return;
    }
    putc('"', stream);
    for (const char *at = shown; *at; at++)
        fprintf(stream, *at == '"' ? "\"\"" : "%c", *at);
    putc('"', stream);
}

static void write_csv_table(FILE *stream, const struct profile_line *lines, size_t n,
                            const struct profile_style *style)
{
    for (unsigned column = 0; column < columns_of(style); column++)
        fprintf(stream, "%s%s,", COLUMNS[column], column_unit(column));
    fputs(style->with_failed ? "failed," : "", stream);
    write_csv_field(stream, style->by);
    putc('\n', stream);
    for (size_t i = 0; i < n; i++) {
        for (unsigned column = 0; column < columns_of(style); column++) {
            if (has_value(&lines[i], column))
                fprintf(stream, "%" PRIu64, lines[i].values[column]);
            putc(',', stream);
        }
        if (style->with_failed)
            fprintf(stream, "%" PRIu64 ",", lines[i].failed);
        write_csv_field(stream, lines[i].name);
        putc('\n', stream);
    }
}

static void write_json_table(FILE *stream, const struct profile_line *lines, size_t n,
                             const struct profile_style *style)
{
    fputs("{\"by\": ", stream);
    json_text_write(stream, style->by);
    fprintf(stream, ", \"times\": \"%s\", \"rows\": [", style->net ? "net" : "raw");
    for (size_t i = 0; i < n; i++) {
        fprintf(stream, "%s\n  {\"name\": ", i ? "," : "");
        json_text_write(stream, lines[i].name);
        for (unsigned column = 0; column < columns_of(style); column++) {
            fprintf(stream, ", \"%s%s\": ", COLUMNS[column], column_unit(column));
            if (has_value(&lines[i], column))
                fprintf(stream, "%" PRIu64, lines[i].values[column]);
            else
                fputs("null", stream);
        }
        if (style->with_failed)
            fprintf(stream, ", \"failed\": %" PRIu64, lines[i].failed);
        putc('}', stream);
    }
    fputs(n ? "\n]}\n" : "]}\n", stream);
}

void profile_table_write(FILE *stream, const struct profile_line *lines, size_t n,
                         const struct profile_style *style)
{
    switch (style->format) {
    case PROFILE_TEXT:
        write_text_table(stream, lines, n, style);
        break;
    case PROFILE_CSV:
        write_csv_table(stream, lines, n, style);
        break;
    case PROFILE_JSON:
        write_json_table(stream, lines, n, style);
        break;
    }
}
