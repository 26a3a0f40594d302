/* SPDX-License-Identifier: MIT */
/* Common declarations of builds.c and its library, library.c. Both are built with many options. */
#ifndef BUILDS_LIBRARY_H
#define BUILDS_LIBRARY_H

#include "../../targets/report.h"

/* A function that is really called, although the compiler may change its parameters. */
#define OUT_OF_LINE __attribute__((noinline))
#define EXPORTED    __attribute__((noinline, visibility("default")))
/* Runs before its module is relocated: instrumentation must not call from it. */
#define BARE __attribute__((no_instrument_function, no_sanitize("address")))

typedef int bl_callback(int value);

struct bl_pair {
    long first;
    double second;
};

int bl_plain(int value);
int bl_aliased(int value);
int bl_same(int value); /* the alias */
int bl_weak(int value);
int bl_version(int value); /* of version 2; library.c has one of version 1, too */
int bl_chosen(int value);  /* an IFUNC where possible */
int bl_apply(bl_callback *callback, int value);
struct bl_pair bl_swap(struct bl_pair pair, int a, int b, int c, int d, int e, int f,
                       long on_stack);
void bl_tiny(void);
void note_bl_tiny(unsigned long calls);
void bl_reset(void);
void bl_report(unsigned long rounds);

#endif
