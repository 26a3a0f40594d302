/* SPDX-License-Identifier: MIT */
/* Static functions that an optimiser may change without another name: clang passes no unused or
   constant arguments, and returns no unused results. */
#include <stdio.h>

struct pair {
    int a, b;
};

__attribute__((noinline)) static int drops(int unused, int used, const struct pair *p,
                                           const char *text)
{
    return used * 3 + p->a + text[used];
}

__attribute__((noinline)) static int no_result(int a, double d)
{
    printf("%d %f\n", a, d);
    return a;
}

__attribute__((noinline)) static long constants(long a, long b, long c, long d, long e, long f,
                                                long g, long h)
{
    return printf("%ld", a + b + c + d + e + f + g + h);
}

int main(int argc, char **argv)
{
    struct pair pair = {argc, argc};
    no_result(argc, 2.5 * argc);
    return drops(1, argc, &pair, argv[0]) + drops(2, argc + 1, &pair, argv[1]) +
           (int)constants(argc, argc + 1, argc + 2, 3, 4, 5, argc * 7, argc * 8);
}
