/* SPDX-License-Identifier: MIT */
/* The library of dlopen.c: lib_work() counts its calls in the program's variable. */
#include <stddef.h>

extern __attribute__((visibility("default"))) unsigned long *lib_counter;
unsigned long *lib_counter;

__attribute__((noinline, visibility("default"))) int lib_work(int i);
int lib_work(int i)
{
    ++*lib_counter;
    return i + 5;
}
