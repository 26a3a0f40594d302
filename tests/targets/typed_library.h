/* SPDX-License-Identifier: MIT */
/* Declares the functions of typed_library.c, and some that it has not or has otherwise. */
#ifndef TYPED_LIBRARY_H
#define TYPED_LIBRARY_H

enum typed_mode { TYPED_READ = 1, TYPED_WRITE = 2 };

struct typed_point {
    int x, y;
};

struct typed_large {
    long a, b, c;
};

unsigned long typed_length(const char *text);
int typed_open(const char *path, enum typed_mode mode, ...);
int typed_alias(const char *path, enum typed_mode mode, ...);
struct typed_large typed_grow(struct typed_large value, long double factor, double times);
struct typed_point typed_move(struct typed_point point, int by, float scale);
void typed_end(void);
int typed_unnamed(int number, const char *text);
int typed_picked(const char *text);
int typed_other_soname(const char *text);
int typed_other_version(const char *text);
int typed_no_line(const char *text);

#endif
