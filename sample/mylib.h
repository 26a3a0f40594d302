/* The library of the sample: one function with an argument of each common kind. */
#ifndef MYLIB_H
#define MYLIB_H

#include <stdint.h>

/* Returns arg1; -1 when arg2 is 0, arg3 is not a number or arg4 is NULL. */
int my_traced_function(int arg1, uint64_t arg2, double arg3, void *arg4);

#endif
