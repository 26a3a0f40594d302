/* SPDX-License-Identifier: MIT */
/* Prints to memory and compares: setup() and teardown() are the fixture of a test of --print,
   `print` prints, expect() compares. */
#ifndef PRINT_STREAM_H
#define PRINT_STREAM_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tp/print.h"
#include "unit/check_main.h"

static char *written;
static size_t written_size;
static FILE *stream;
static struct print *print;

static inline void start(bool timestamp)
{
    stream = open_memstream(&written, &written_size);
    ck_assert_ptr_nonnull(stream);
    print = print_new(stream, timestamp);
    ck_assert_ptr_nonnull(print);
}

static inline void setup(void)
{
    start(false);
}

static inline void teardown(void)
{
    print_free(print);
    fclose(stream);
    free(written);
}

/* The text printed since the last call must be exactly this. */
static inline void expect(const char *text)
{
    fflush(stream);
    ck_assert_str_eq(written, text);
    rewind(stream);
    fflush(stream);
    memset(written, 0, strlen(written));
}

#endif
