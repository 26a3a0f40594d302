/* SPDX-License-Identifier: MIT */
/*
 * A library without debug information, for the tests of type objects: versions of functions, other
 * names for them, an indirect function. Without -DLIBRARY: a program that calls it.
 */
#include <stdarg.h>
#include <stdio.h>

#include "typed_library.h"

#ifdef LIBRARY

__asm__(".symver old_length, typed_length@TYPED_1\n.symver new_length, typed_length@@TYPED_2");

int old_length(const char *text, int limit)
{
    return text ? limit : -1;
}

unsigned long new_length(const char *text)
{
    unsigned long n = 0;
    while (text[n])
        n++;
    return n;
}

int typed_open(const char *path, enum typed_mode mode, ...)
{
    va_list list;
    va_start(list, mode);
    int extra = path ? va_arg(list, int) : 0;
    va_end(list);
    return extra + (int)mode;
}

struct typed_large typed_grow(struct typed_large value, long double factor, double times)
{
    value.a = (long)((double)value.a * (double)factor * times);
    return value;
}

struct typed_point typed_move(struct typed_point point, int by, float scale)
{
    point.x = (int)((float)(point.x + by) * scale);
    return point;
}

void typed_end(void)
{
}

int typed_unnamed(int number, const char *text)
{
    return text ? number : 0;
}

int typed_other_soname(const char *text)
{
    return text != NULL;
}

int typed_other_version(const char *text)
{
    return text != NULL;
}

int typed_no_line(const char *text)
{
    return text != NULL;
}

int typed_not_known(const char *text)
{
    return text != NULL;
}

/* The types have a function of this name. */
int typed_data = 1;

static __attribute__((noinline, used)) int typed_local(const char *text)
{
    return text != NULL;
}

static int pick(const char *text)
{
    return typed_local(text) + 1;
}

static int (*resolve(void))(const char *text)
{
    return pick;
}

int typed_picked(const char *text) __attribute__((ifunc("resolve")));
int typed_alias(const char *path, enum typed_mode mode, ...) __attribute__((alias("typed_open")));

#else

int main(void)
{
    struct typed_large large = {7, 8, 9};
    struct typed_point point = {3, 4};
    unsigned long length = typed_length("twelve bytes");
    typed_alias("a file", TYPED_WRITE, 5);
    typed_open("/etc/motd", TYPED_READ, 6);
    large = typed_grow(large, 2.5L, 2.0);
    point = typed_move(point, 2, 1.5F);
    typed_end();
    typed_unnamed(11, "unnamed");
    typed_picked("picked");
    typed_other_soname("other");
    typed_other_version("other");
    typed_no_line("none");
    return length == 12 && large.a == 35 && point.x == 7 ? 0 : 1;
}

#endif
