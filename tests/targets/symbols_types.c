/* SPDX-License-Identifier: MIT */
/* Functions of many types; tests/unit/test_signature.c has the expected fields. Built by several
   compilers at several levels; only main() is ever run. */
#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour { RED = -1, GREEN, BLUE = 200 };
enum flags { NONE, HIGH = 0x80000000u };
enum __attribute__((packed)) tiny { TINY_A, TINY_B = 255 };
enum wide { WIDE = 0x100000000 };

typedef const char text_char;
typedef text_char *text;
typedef char *const volatile buffer;

struct point {
    int x, y;
};
struct mixed {
    double d;
    const char *name;
};
struct floats {
    float a, b, c;
};
struct big {
    long a, b, c;
};
struct nested {
    struct point p;
    short s;
};
struct bits {
    unsigned a : 3;
    unsigned b : 29;
    int whole;
};
struct __attribute__((packed)) packed {
    char c;
    long l;
};
struct extended {
    long double value;
};
struct array {
    int items[4];
};
struct empty_tail {
    long a;
    char rest[];
};
union either {
    long l;
    double d;
};
typedef float vector __attribute__((vector_size(16)));

#define VISIBLE __attribute__((noinline, visibility("default")))

/* Keeps compilers from dropping parts of functions. */
static volatile int sink;

VISIBLE int integers(signed char a, unsigned char b, short c, unsigned short d, int e, unsigned f,
                     long g, unsigned long h, long long i)
{
    return sink = a + b + c + d + e + (int)f + (int)g + (int)h + (int)i;
}

VISIBLE bool booleans(bool a, _Bool b, char c)
{
    return sink = a + b + c;
}

VISIBLE double floats(float a, double b, int c, float d, double e, double f, double g, double h,
                      float i, float j, double k)
{
    sink = (int)(a + b + c + d + e + f + g + h + i + j + k);
    return b;
}

VISIBLE float narrow(float a)
{
    sink = (int)a;
    return a;
}

VISIBLE long double extended(long double a, int b, long double c, char d)
{
    sink = (int)a + b + (int)c + d;
    return a;
}

VISIBLE const char *strings(const char *a, char *b, text c, buffer d, const unsigned char *e,
                            const char *const *f, const volatile char *restrict g)
{
    sink = a[0] + b[0] + c[0] + d[0] + e[0] + f[0][0] + g[0];
    return a;
}

VISIBLE void *pointers(void *a, struct point *b, int (*c)(int), const void **d, int e[4])
{
    sink = b->x + c(1) + e[0];
    return d ? a : b;
}

VISIBLE enum colour enums(enum colour a, enum flags b, enum tiny c, enum wide d)
{
    sink = (int)a + (int)b + c + (int)d;
    return a;
}

VISIBLE struct point points(struct point a, struct nested b, int c)
{
    sink = a.x + b.s + c;
    return a;
}

VISIBLE struct mixed mixeds(struct mixed a, int b, struct floats c)
{
    sink = (int)a.d + b + (int)c.a;
    return a;
}

VISIBLE struct big bigs(struct big a, int b, struct big *c)
{
    sink = (int)a.a + b + (int)c->b;
    return a;
}

VISIBLE struct floats three_floats(void)
{
    return (struct floats){1, 2, (float)sink};
}

/*
 * It needs two registers and one is left: all of it goes to the stack, the next argument does not.
 */
VISIBLE int spilled(int a, int b, int c, int d, int e, struct array f, int g, struct point h)
{
    return sink = a + b + c + d + e + f.items[0] + g + h.x;
}

VISIBLE int odd(struct bits a, struct packed b, union either c, struct extended d, int e)
{
    return sink = (int)a.a + b.c + (int)c.l + (int)d.value + e;
}

VISIBLE struct extended extended_struct(int a)
{
    sink = a;
    return (struct extended){a};
}

VISIBLE __int128 wides(__int128 a, int b, int c, int d, unsigned __int128 e, int f)
{
    sink = (int)a + b + c + d + (int)e + f;
    return a;
}

VISIBLE double _Complex complexes(float _Complex a, double _Complex b, int c)
{
    sink = (int)creal(a) + c;
    return b;
}

VISIBLE vector vectors(vector a, double b, int c)
{
    sink = (int)a[0] + (int)b + c;
    return a;
}

VISIBLE int variadic(const char *format, int n, ...)
{
    return sink = format[0] + n;
}

VISIBLE void nothing(void)
{
    sink = 1;
}

VISIBLE __attribute__((noreturn)) void leaves(int status)
{
    sink = status;
    for (;;)
        ;
}

VISIBLE float old_style(a, b, c)
int a;
float b;
double c;
{
    sink = a + (int)b + (int)c;
    return b;
}

int main(void)
{
    return sink;
}
