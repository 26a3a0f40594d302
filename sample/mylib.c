/* SPDX-License-Identifier: MIT */
#include "mylib.h"

#include <stddef.h>

unsigned long my_wrong_calls;

void my_traced_function(int arg1, uint64_t arg2, double arg3, void *arg4)
{
    /* Every argument is checked, so that the caller notices a tracer that damages one. */
    if (arg1 != 42 || arg2 != 0xDEADBEEF || arg3 != 3.14159 || arg4 == NULL)
        my_wrong_calls++;
}
