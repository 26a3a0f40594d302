/* SPDX-License-Identifier: MIT */
/*
 * Type objects made from C headers, by the script make_types.sh (src/types), which runs the C
 * compiler ($CC, $CPPFLAGS) and ctags with the caller's rights.
 */
#ifndef CLI_TYPE_MAKER_H
#define CLI_TYPE_MAKER_H

#include <stddef.h>

#include "util/error.h"

struct type_sources {
    char *const *headers; /* files, or names as in #include <...> */
    size_t n_headers;
    char *const *libraries; /* only what these export: files, or names such as libz.so.1 */
    size_t n_libraries;
};

/*
 * Writes the object to the descriptor `out`. What the compiler says of the headers goes to stderr.
 * `said`, of ERROR_TEXT_MAX bytes, receives a line: how many functions have types. -EINVAL: there
 * is no object; then `out` may have a part of one.
 */
MUST_CHECK int type_maker_run(const struct type_sources *sources, int out, char *said,
                              struct error *err);

#endif
