/* SPDX-License-Identifier: MIT */
/* A library with an indirect function: see indirect.c. */
typedef int one(int x);

__attribute__((noinline)) static int another_way(int x)
{
    __asm__ volatile("" ::: "memory");
    return x + 2;
}

static one *choose(void)
{
    return another_way;
}

int library_own(int x) __attribute__((ifunc("choose")));
