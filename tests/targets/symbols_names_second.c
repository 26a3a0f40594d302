/* SPDX-License-Identifier: MIT */
/* The other file of symbols_names.c, with statics of the same names. */
#include "symbols_names.h"

static volatile int sink;

__attribute__((noinline, used)) static int init(const char *from_second)
{
    return sink = from_second[0];
}

__attribute__((noinline, used)) static int same(int value)
{
    return sink = value + 1;
}

void cold_place(int a)
{
    sink = a;
}

int second(int a, const char *text)
{
    return init(text) + same(a);
}
