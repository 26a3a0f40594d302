/* SPDX-License-Identifier: MIT */
/* Functions with other calling conventions by compiler options: -fpcc-struct-return,
   -mlong-double-128. */
struct pair {
    int x, y;
};

#define NOINLINE __attribute__((noinline))

NOINLINE struct pair pair_of(int a, int b)
{
    struct pair pair = {a, b};
    return pair;
}

NOINLINE int extended(int a, long double b, double c)
{
    return a + (int)b + (int)c;
}

int main(void)
{
    struct pair pair = pair_of(3, 4);
    return pair.x + extended(1, 2.5L, 3.5) == 0;
}
