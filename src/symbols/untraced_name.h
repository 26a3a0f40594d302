/* SPDX-License-Identifier: MIT */
/* Why a name that a file has is not that of a function that can be traced. */
#ifndef SYMBOLS_UNTRACED_NAME_H
#define SYMBOLS_UNTRACED_NAME_H

struct image;

enum untraced_kind {
    UNTRACED_UNKNOWN, /* the file has no such symbol, or it is a function's */
    UNTRACED_FOREIGN, /* the file calls it, but does not define it */
    UNTRACED_DATA,
    UNTRACED_LABEL,   /* a symbol without a type, of assembly language */
    UNTRACED_PART,    /* of a function: a cold part, or a thunk */
    UNTRACED_STARTUP, /* see symbol_is_startup_code() */
};

/* Looks up the name as it is in the symbol tables of the image's own file. */
enum untraced_kind untraced_name_kind(struct image *image, const char *name);

#endif
