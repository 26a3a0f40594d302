/* SPDX-License-Identifier: MIT */
/* The names of a module by which patterns select it (ERE@GLOB). */
#ifndef SYMBOLS_MODULE_NAMES_H
#define SYMBOLS_MODULE_NAMES_H

struct module_names {
    const char *provider; /* "curl" */
    /* Of the file itself, not of a link; NULL: not known. Then a glob of a library's file
       ("libc.so.6") matches the provider that such a file has ("c"). */
    const char *path;
    /* Its soname, the names of links to it, and the providers that files of such names would have;
       ends with NULL. NULL: there are none. */
    const char *const *others;
};

#endif
