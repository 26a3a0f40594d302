/* SPDX-License-Identifier: MIT */
/* Like my_traced_function() of the sample, but without a floating-point argument. */
#include <stddef.h>
#include <stdint.h>

extern unsigned long my_wrong_calls;
unsigned long my_wrong_calls;

void plain_function(int arg1, uint64_t arg2, uint64_t arg3, void *arg4);
void plain_function(int arg1, uint64_t arg2, uint64_t arg3, void *arg4)
{
    if (arg1 != 42 || arg2 != 0xDEADBEEF || arg3 != 3 || arg4 == NULL)
        my_wrong_calls++;
}
