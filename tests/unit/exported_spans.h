/* SPDX-License-Identifier: MIT */
/* An export of made calls as spans of OpenTelemetry. */
#ifndef UNIT_EXPORTED_SPANS_H
#define UNIT_EXPORTED_SPANS_H

#include <stdio.h>

#include "analysis/export/formats.h"
#include "unit/analysis_calls.h"

static struct export *export;
static FILE *stream;
static char *text;
static size_t text_size;

static struct source_line source_of(void *data, const struct traced_function *function)
{
    (void)data;
    return function->id == 0 ? (struct source_line){"/src/a b.c", 12} : (struct source_line){0};
}

static char *plain_name(const char *name)
{
    return strcmp(name, "n::f(int)") == 0 ? strdup("n::f") : NULL;
}

static void start_with(struct export_options options)
{
    stream = open_memstream(&text, &text_size);
    ck_assert_ptr_nonnull(stream);
    options.stream = stream;
    options.version = "1.0";
    options.name = "trace";
    options.source_of = source_of;
    options.plain_name = plain_name;
    export = export_new(&export_otlp, &options);
    ck_assert_ptr_nonnull(export);
    ck_assert_int_eq(export_begin(export), 0);
    made_setup(export_visitor(export));
}

static inline void start(void)
{
    start_with((struct export_options){0});
}

static inline void finish(void)
{
    ck_assert_int_eq(export_end(export), 0);
    ck_assert_int_eq(fclose(stream), 0);
    stream = NULL;
}

static void teardown(void)
{
    export_free(export);
    export = NULL;
    if (stream)
        fclose(stream);
    stream = NULL;
    free(text);
    text = NULL;
}

#endif
