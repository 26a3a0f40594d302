/* SPDX-License-Identifier: MIT */
/*
 * late_float: thrice() is called by pointer until a tracer has replaced its code, and a hundred
 * times more. Then half(), whose result is in a floating point register, is called 2,000 times from
 * the same place. Prints "half 2000 2000".
 */
#include <string.h>

#include "jumped.h"
#include "target.h"

enum { CALLS = 2000, MORE = 100 };

typedef long function(long i);

TRACED long thrice(long i);
long thrice(long i)
{
    return 3 * i;
}

TRACED double half(long i);
double half(long i)
{
    return (double)i / 2;
}

static __attribute__((noinline)) void call_one(function *called, long i)
{
    called(i);
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    double (*const other)(long) = half;
    function *as_other;
    memcpy(&as_other, &other, sizeof(as_other));
    for (unsigned long n = 0; is_to_be_jumped((uintptr_t)thrice, n); n++)
        call_one(thrice, 1);
    for (long i = 0; i < MORE; i++) {
        call_one(thrice, i);
        usleep(1000);
    }
    for (long i = 0; i < CALLS; i++)
        call_one(as_other, i);
    report("half", CALLS, CALLS);
    return 0;
}
