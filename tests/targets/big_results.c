/* SPDX-License-Identifier: MIT */
/*
 * big_results: functions whose result is a structure in memory, at an address that the caller
 * passes. They leave something else in the register that it was passed in, where the calling
 * convention permits that, call others of the kind, and return through a tail call. Prints each
 * entry and each exit, in the form of --print.
 */
#include <stdio.h>

#include "machine.h"

#define NOINLINE __attribute__((noinline, noclone))

struct big {
    long a, b, c;
    double d;
};

struct mixed {
    signed char letter;
    float ratio;
    short numbers;
    long last[2];
};

NOINLINE struct big made(long a)
{
    struct big big = {a, a + 1, a + 2, (double)a / 2};
    clobber_result_register();
    return big;
}

NOINLINE struct big added(struct big *x, long n, double d)
{
    struct big other = made(n);
    other.a += x->a;
    other.b += x->b;
    other.c += x->c;
    other.d += x->d + d;
    clobber_result_register();
    return other;
}

/* The compiler may turn its call into a jump. */
NOINLINE struct big passed_on(int n)
{
    return made(n * 2L);
}

NOINLINE struct mixed mixed(int n)
{
    struct mixed mixed = {(signed char)-n, (float)n / 4, (short)(n * 100), {n, -n}};
    clobber_result_register();
    return mixed;
}

static void show(struct big big)
{
    printf("= {retval_a = %ld, retval_b = %ld, retval_c = %ld, retval_d = %g}\n", big.a, big.b,
           big.c, big.d);
}

int main(void)
{
    struct big x = {10, 20, 30, 0.25}, y;
    struct mixed m;
    printf("made(a = 3)\n");
    show(made(3));
    printf("added(x = %p, n = -5, d = 1.5)\n", (void *)&x);
    y = added(&x, -5, 1.5);
    printf("made(a = -5)\n");
    show((struct big){-5, -4, -3, -2.5});
    show(y);
    printf("passed_on(n = 21)\nmade(a = 42)\n");
    show((struct big){42, 43, 44, 21});
    show(passed_on(21));
    printf("mixed(n = 7)\n");
    m = mixed(7);
    printf("= {retval_letter = %d, retval_ratio = %g, retval_numbers = %d, retval_last_0 = %ld, "
           "retval_last_1 = %ld}\n",
           m.letter, (double)m.ratio, m.numbers, m.last[0], m.last[1]);
    return 0;
}
