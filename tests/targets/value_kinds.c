/* SPDX-License-Identifier: MIT */
/* Calls functions with values of all kinds. An ordinary program, with no options. */
#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

#define KINDS __attribute__((noinline, noipa))

enum color { RED, GREEN = 5, BLUE };
enum flags { READ = 1, WRITE = 2, EXECUTE = 4, APPEND = 8 };
enum sign { MINUS = -3, PLUS = 3 };
struct point {
    int x;
    double y;
};
struct four {
    long a, b, c, d;
};
struct node {
    int value;
    const char *name;
    struct node *next;
};

KINDS int integers(signed char a, unsigned short b, int c, long d, unsigned long e, bool f, char g)
{
    return a + b + c + (int)d + (int)e + f + g;
}
KINDS double reals(float f, double d, long double l)
{
    return (double)f + d + (double)l;
}
KINDS float real(float f)
{
    return f * 1.1f;
}
KINDS enum color colors(enum color c, enum flags f, enum sign s)
{
    return f && s ? c : RED;
}
KINDS const char *strings(const char *s, char *p)
{
    return p ? s : "";
}
KINDS struct point points(struct point p, struct four f)
{
    p.x += (int)f.a;
    return p;
}
KINDS struct four fours(long n)
{
    return (struct four){n, n + 1, n + 2, n + 3};
}
KINDS void *pointers(void *p, int (*function)(long))
{
    return function ? p : NULL;
}
KINDS __int128 wide(__int128 n)
{
    return n * 3;
}
KINDS double complex numbers(double complex z)
{
    return z * 2;
}
KINDS int lists(struct node *n, struct point *p, int *i, const char **s)
{
    return (n != NULL) + (p != NULL) + (i != NULL) + (s != NULL);
}
KINDS void nothing(void)
{
}
KINDS long recursive(long n)
{
    return n <= 0 ? 0 : 1 + recursive(n - 1);
}
/* Named like what --with adds. */
KINDS void alike(int caller, unsigned depth)
{
    (void)caller, (void)depth;
}

int main(void)
{
    static struct node second = {2, "two", NULL};
    static struct node first = {1, "one \x1b[31m\"\\\n\t\xff", &second};
    static struct point point = {1, 2.5};
    static int number = 7;
    static const char *text = "text";
    static char one_byte[] = "w";
    double zero = 0;
    for (int i = 0; i < 2; i++) {
        integers(-1, 65535, -5, -1L << 40, -1UL, true, 'x');
        reals(0.1f, 1e300, 3.5L);
        reals(-0.0f, zero / zero, 1e-310L);
        real(3.3f);
        colors(RED, READ | EXECUTE, MINUS);
        colors(GREEN, READ | WRITE, PLUS);
        colors((enum color)17, (enum flags)(16 | READ), (enum sign)0);
        strings("hello", one_byte);
        strings("", one_byte);
        strings(NULL, one_byte);
        strings((const char *)8, one_byte);
        strings("na\xc3\xafve \x01\x80 tab\t", NULL);
        points(point, (struct four){1, 2, 3, 4});
        fours(9);
        pointers(&number, NULL);
        wide((__int128)1 << 100 | 5);
        wide(-1);
        numbers(1 + 2 * I);
        lists(&first, &point, &number, &text);
        lists(NULL, NULL, NULL, NULL);
        lists((void *)16, (void *)16, (void *)16, (void *)16);
        nothing();
        recursive(3);
        alike(1, 5);
    }
    return 0;
}
