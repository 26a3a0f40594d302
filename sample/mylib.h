/* SPDX-License-Identifier: MIT */
/* The library of the sample: one function with an argument of each common kind. */
#ifndef MYLIB_H
#define MYLIB_H

#include <stdint.h>

/* Expects 42, 0xDEADBEEF, 3.14159 and a pointer that is not NULL. */
void my_traced_function(int arg1, uint64_t arg2, double arg3, void *arg4);

/* The number of calls that had other arguments. */
extern unsigned long my_wrong_calls;

#endif
