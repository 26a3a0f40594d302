/* Like my_traced_function() of the sample, but without a floating-point argument. */
#include <stddef.h>
#include <stdint.h>

int plain_function(int arg1, uint64_t arg2, uint64_t arg3, void *arg4);
int plain_function(int arg1, uint64_t arg2, uint64_t arg3, void *arg4)
{
    if (arg2 == 0 || arg3 == 0 || arg4 == NULL)
        return -1;
    return arg1;
}
