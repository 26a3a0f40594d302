/* SPDX-License-Identifier: MIT */
/* Difficult symbols: aliases, resolvers, statics with one name, clones, cold parts. */
#include <stdlib.h>

#include "symbols_names.h"

static volatile int sink;

/* In a program that is not position-independent, this is the address of its PLT entry. */
int (*volatile taken)(const char *);

__attribute__((noinline)) int the_function(int a)
{
    return sink = a;
}

int __the_function(int a) __attribute__((alias("the_function")));
int zz_the_function_by_a_longer_name(int a) __attribute__((alias("the_function")));
int weak_function(int a) __attribute__((weak, alias("the_function")));

/* The name in the source is neither the shortest, nor the first, nor one of other modules. */
__attribute__((noinline)) int other(int a)
{
    return sink = a + 2;
}

int aa_other(int a) __attribute__((alias("other")));
int oth(int a) __attribute__((alias("other")));

__attribute__((noinline)) static int local(int a)
{
    return sink = a + 3;
}

int aa_exported(int a) __attribute__((alias("local")));

/* As system libraries name their exports. */
__attribute__((noinline)) int __of_public(int a)
{
    return sink = a + 4;
}

int public(int a) __attribute__((weak, alias("__of_public")));
int __zz_public(int a) __attribute__((alias("__of_public")));

__attribute__((noinline)) int _Of_two(int a)
{
    return sink = a + 5;
}

int two(int a) __attribute__((alias("_Of_two")));

static int chosen(int a)
{
    return sink = a + 1;
}

/* The dynamic linker calls this code once, to select. */
static int (*resolve(void))(int)
{
    return chosen;
}

int indirect(int a) __attribute__((ifunc("resolve")));

__attribute__((noinline, used)) static int init(int from_first)
{
    return sink = from_first;
}

__attribute__((noinline, used)) static int same(int value)
{
    return sink = value;
}

/* GCC makes a clone of it for its only constant argument. */
__attribute__((noinline)) static int cloned(int constant, int shown, const char *text)
{
    return sink = constant * shown + text[constant];
}

/* ... and puts the part that leads to abort() elsewhere. */
__attribute__((noinline)) int with_cold_part(int a)
{
    if (a > 1000) {
        sink = a * 3;
        cold_place(sink);
        abort();
    }
    return sink = a;
}

__attribute__((noinline, section(".text.sizeless"))) void sized(void)
{
    sink = 2;
}

/* A function without a size. */
__asm__(".text\n.globl sizeless\n.type sizeless, @function\nsizeless:\n    ret\n");

int main(int argc, char **argv)
{
    sized();
    taken = atoi;
    return init(argc) + same(argc) + cloned(3, argc, argv[0]) + with_cold_part(argc) +
           indirect(argc) + second(argc, argv[0]);
}
