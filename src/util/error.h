/* SPDX-License-Identifier: MIT */
/*
 * The error convention: a function that can fail returns 0 (or a count) on success and a negative
 * errno on failure. If the user will see the reason, it also takes a `struct error *` and fills it
 * with one line (no newline, no program name): what happened, to what, and what to do.
 */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#define MUST_CHECK          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, arg) __attribute__((format(printf, f, arg)))

enum { ERROR_TEXT_MAX = 512 };

struct error {
    int code; /* a negative errno; 0: no error */
    char text[ERROR_TEXT_MAX];
};

/*
 * Fills *err (which may be NULL) with the negative errno `code` and a formatted line; a line that
 * is too long is cut. Returns `code`, for `return error_set(err, -ENOENT, ...)`.
 */
int error_set(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
