#include "mylib.h"

#include <stddef.h>

int my_traced_function(int arg1, uint64_t arg2, double arg3, void *arg4)
{
    /* Every argument is looked at, so that a tracer that damaged one is found out by the caller. */
    if (arg2 == 0 || arg3 != arg3 || arg4 == NULL)
        return -1;
    return arg1;
}
