/* SPDX-License-Identifier: MIT */
/*
 * The names of the C++ library as people write them: arguments of templates that are the default
 * ones are left out, and so are the inline namespaces of libstdc++ and libc++.
 *
 *     std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >  std::string
 *     std::map<int, char, std::less<int>, std::allocator<std::pair<int const, char> > >
 *                                                                          std::map<int, char>
 */
#ifndef UTIL_SHORT_NAMES_H
#define UTIL_SHORT_NAMES_H

#include <stdbool.h>

/*
 * Writes the text with short names to `out`, which has room for it as it was, and its NUL. In time
 * that grows with the length. `is_type`: it is the name of a type in debug information, which lacks
 * the namespace. Text that is no C++, or is nested too deep, stays as it is. Whether there was
 * something to shorten; if not, `out` is undefined.
 */
bool short_names_write(const char *text, bool is_type, char *out);

#endif
