/* SPDX-License-Identifier: MIT */
/* For symbols_sources.cc. tests/unit/test_source_files.c knows the numbers of the lines. */
#ifndef SYMBOLS_SOURCES_H
#define SYMBOLS_SOURCES_H

/* No optimisation removes or changes it. */
#define KEPT __attribute__((noinline, noipa))

static KEPT int in_header(int a)
{
    return a * 3;
}

template <typename T> KEPT T templated(T a)
{
    return a + 1;
}

struct Thing {
    KEPT int in_class(int a)
    {
        return a - n;
    }
    int declared(int a);
    int n;
};

int second(int a);

#endif
