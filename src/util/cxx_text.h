/* SPDX-License-Identifier: MIT */
/* Demangled C++ text, which is not quite C++: brackets, and operators with brackets in their names.
 */
#ifndef UTIL_CXX_TEXT_H
#define UTIL_CXX_TEXT_H

#include <stdbool.h>

/* Whether the character may be part of a name. */
bool cxx_text_is_name(char c);

/* Whether the word "operator" starts at `at`, in the text from `start` on. */
bool cxx_text_is_operator(const char *start, const char *at);

/* The position behind the operator's symbol ("<<", "()") that begins at `at`; `at` if none with a
   bracket or a quote does. */
const char *cxx_text_skip_operator(const char *at);

/* `at` is at an opening bracket. Returns the position after the closing one, or NULL when there is
   none, or when the nesting is too deep. */
const char *cxx_text_skip_group(const char *at);

#endif
