/* SPDX-License-Identifier: MIT */
/* Parameters that functions keep in other registers than those they are passed in, and a function
   with the Windows calling convention. Prints its arguments in the form of --print. */
#include <stdio.h>

#define NOINLINE __attribute__((noinline))

struct three {
    long a, b, c;
};

static volatile int sink;

NOINLINE static int take(int a, int b, long c)
{
    sink += a;
    return a + b + (int)c;
}

NOINLINE static double take_double(double a, double b)
{
    return a - b;
}

NOINLINE int swapped(int a, int b)
{
    return take(b, a, 5) + 1;
}

NOINLINE int kept_integers(register int u, register int v)
{
    register int left = u, right = v;
    left = take(left, right, 0);
    return left + right;
}

NOINLINE double kept_doubles(register double u, register double v)
{
    register double left = u, right = v;
    left = take_double(left, right);
    return left + right;
}

NOINLINE __attribute__((ms_abi)) int of_windows(int a, double b, int c, float d, int e, long f,
                                                struct three s)
{
    sink += a + (int)b + c + (int)d + e + (int)f + (int)s.c;
    return a + 1;
}

NOINLINE __attribute__((ms_abi)) int of_windows_too(register int a)
{
    return take(a, a, 1);
}

NOINLINE __attribute__((ms_abi)) int of_windows_one(int a)
{
    return take(a, a, 1);
}

int main(void)
{
    printf("swapped(a = 3, b = 4) = %d\n", swapped(3, 4));
    printf("kept_integers(u = -1, v = -2) = %d\n", kept_integers(-1, -2));
    printf("kept_doubles(u = -1, v = -2) = %g\n", kept_doubles(-1, -2));
    of_windows(1, 2.5, 3, 4.5f, 5, 6, (struct three){7, 8, 9});
    of_windows_too(2);
    of_windows_one(3);
    return 0;
}
