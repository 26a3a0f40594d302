/* SPDX-License-Identifier: MIT */
/*
 * builds ROUNDS | builds until FILE: calls functions that compilers like to transform, ROUNDS
 * times, or until the file exists, and exits with status 7. It is built with many options. Prints
 * "NAME ENTRIES EXITS" for each function, of ROUNDS rounds or of one round. NAME also stands for
 * its clones (NAME.constprop.0, NAME.isra.0), but a part that was split off has its own line,
 * NAME.part.
 */
#include <string.h>

#include "library.h"

static unsigned long plain, local, once, cloned, removed, split, slow, rare, tail_1, tail_2,
    callback, weak, aliased, many, variadic, large, chosen, started;

EXPORTED int b_plain(int value)
{
    plain++;
    OPAQUE();
    return value + 1;
}

static OUT_OF_LINE int b_local(int value)
{
    local++;
    OPAQUE();
    return value + 2;
}

/* Called in one place only: inlined, or kept. */
static int b_once(int value)
{
    once++;
    OPAQUE();
    return value + 3;
}

/* Always called with the same mode: optimized, it is b_cloned.constprop.0. */
static OUT_OF_LINE int b_cloned(int value, int mode)
{
    cloned++;
    OPAQUE();
    for (int i = 0; i < mode; i++)
        value += i;
    return value;
}

struct removed {
    int first, second, third;
};

/* It uses only one member of its parameter: b_removed.isra.0. */
static OUT_OF_LINE int b_removed(struct removed *from)
{
    removed++;
    int value = from->second;
    OPAQUE();
    return value + 1;
}

/* Its short path is inlined, the rest is b_split.part.0. */
static int b_split(int value)
{
    unsigned bits = (unsigned)value;
    if (value & 1) {
        split++;
        return value;
    }
    slow++;
    split++;
    for (unsigned i = 0; i < 20; i++) {
        OPAQUE();
        bits += i * bits;
        if (bits > 1 << 20)
            bits /= 3;
    }
    OPAQUE();
    for (int i = 0; i < 10; i++) {
        OPAQUE();
        bits ^= bits << 3;
        bits &= 0xfffff;
    }
    return (int)bits;
}

EXPORTED int b_split_1(int value)
{
    return b_split(value) + 1;
}

EXPORTED int b_split_2(int value)
{
    return b_split(value) + 2;
}

__attribute__((cold)) EXPORTED void b_never(const char *why)
{
    fprintf(stderr, "%s\n", why);
    OPAQUE();
}

/* The unlikely part goes to b_rare.cold. */
EXPORTED int b_rare(int value)
{
    rare++;
    if (__builtin_expect(value < 0, 0)) {
        b_never("below zero");
        b_never("this cannot be");
        OPAQUE();
        value = -value;
    }
    OPAQUE();
    return value + 4;
}

EXPORTED int b_tail_2(int value)
{
    tail_2++;
    OPAQUE();
    return value + 5;
}

EXPORTED int b_tail_1(int value)
{
    tail_1++;
    return b_tail_2(value + 1);
}

EXPORTED int b_callback(int value)
{
    callback++;
    OPAQUE();
    return value + 6;
}

__attribute__((weak)) EXPORTED int b_weak(int value)
{
    weak++;
    OPAQUE();
    return value + 7;
}

EXPORTED int b_aliased(int value)
{
    aliased++;
    OPAQUE();
    return value + 8;
}

__attribute__((alias("b_aliased"), visibility("default"))) int b_other_name(int value);

EXPORTED long b_many(char a, short b, float c, int d, double e, long f, long g, long h, long i)
{
    many++;
    OPAQUE();
    return a + b + (long)c + d + (long)e + f + g + h + i;
}

EXPORTED int b_variadic(int n, ...)
{
    __builtin_va_list list;
    int sum = 0;
    variadic++;
    __builtin_va_start(list, n);
    for (int i = 0; i < n; i++)
        sum += (int)__builtin_va_arg(list, double);
    __builtin_va_end(list);
    OPAQUE();
    return sum;
}

/* A frame larger than a page: probed with -fstack-clash-protection. */
EXPORTED int b_large_frame(int value)
{
    volatile char frame[20000];
    large++;
    frame[value & 0xfff] = (char)value;
    OPAQUE();
    return frame[value & 0xfff] + 1;
}

/* With no code before the C function's only instruction, of one byte. */
EXPORTED void b_tiny(void)
{
    OPAQUE();
}

static OUT_OF_LINE int b_chosen_one(int value)
{
    chosen++;
    OPAQUE();
    return value + 9;
}

#ifdef NO_IFUNC
static int b_chosen(int value)
{
    return b_chosen_one(value);
}
#else
static BARE __attribute__((used)) bl_callback *b_resolve(void)
{
    return b_chosen_one;
}

__attribute__((ifunc("b_resolve"))) int b_chosen(int value);
#endif

/* Never called: --gc-sections removes it. */
int b_unused(int value);
int b_unused(int value)
{
    return value + 100;
}

__attribute__((constructor)) OUT_OF_LINE static void b_before_main(void)
{
    started++;
    OPAQUE();
}

__attribute__((destructor)) OUT_OF_LINE static void b_after_main(void)
{
    started--;
    OPAQUE();
}

__attribute__((noreturn)) OUT_OF_LINE static void b_finish(int status)
{
    fflush(stdout);
    exit(status);
}

#if !defined(LIBRARY_INSIDE) && !defined(NO_VERSIONS)
__asm__(".symver bl_old_version, bl_version@BUILDS_1");
int bl_old_version(int value);
#endif

static void one_round(int i)
{
    struct removed from = {i, i + 1, i + 2};
    bl_callback *volatile by_pointer = b_callback;
    check(b_plain(i) == i + 1, "b_plain");
    check(b_local(i) == i + 2, "b_local");
    check(b_once(i) == i + 3, "b_once");
    check(b_cloned(i, 5) == i + 10, "b_cloned");
    check(b_cloned(i + 1, 5) == i + 11, "b_cloned");
    check(b_removed(&from) == i + 2, "b_removed");
    check(b_split_1(1) == 2 && b_split_2(3) == 5, "b_split");
    check(b_split_1(4) + 1 == b_split_2(4), "b_split");
    check(b_rare(i) == i + 4, "b_rare");
    check(b_tail_1(i) == i + 6, "b_tail_1");
    check(by_pointer(i) == i + 6, "b_callback");
    check(b_weak(i) == i + 7, "b_weak");
    check(b_aliased(i) == i + 8 && b_other_name(i) == i + 8, "b_aliased");
    check(b_many(1, 2, 3.0f, 4, 5.0, 6, 7, 8, i) == 36 + i, "b_many");
    check(b_variadic(3, 1.0, 2.0, (double)i) == 3 + i, "b_variadic");
    check(b_large_frame(i & 63) == (i & 63) + 1, "b_large_frame");
    b_tiny();
    check(b_chosen(i) == i + 9, "b_chosen");

    check(bl_plain(i) == i + 2, "bl_plain");
    check(bl_aliased(i) == i + 3 && bl_same(i) == i + 3, "bl_aliased");
    check(bl_weak(i) == i + 4, "bl_weak");
    check(bl_version(i) == i + 6, "bl_version");
#if !defined(LIBRARY_INSIDE) && !defined(NO_VERSIONS)
    check(bl_old_version(i) == i + 5, "bl_version of version 1");
#endif
    check(bl_chosen(i) == i + 7, "bl_chosen");
    check(bl_apply(b_callback, i) == i + 6, "bl_apply");
    struct bl_pair pair = bl_swap((struct bl_pair){i, 10.0}, 1, 2, 3, 4, 5, 6, 7);
    check(pair.first == 38 && pair.second == (double)i, "bl_swap");
    bl_tiny();
    bl_tiny();
    note_bl_tiny(2);
}

static void report_all(unsigned long rounds)
{
    report("b_plain", plain, plain);
    report("b_local", local, local);
    report("b_once", once, once);
    report("b_cloned", cloned, cloned);
    report("b_removed", removed, removed);
    report("b_split", split, split);
    report("b_split.part", slow, slow);
    report("b_split_1", 2 * rounds, 2 * rounds);
    report("b_split_2", 2 * rounds, 2 * rounds);
    report("b_rare", rare, rare);
    report("b_never", 0, 0);
    report("b_unused", 0, 0);
    report("b_tail_1", tail_1, tail_1);
    report("b_tail_2", tail_2, tail_2);
    report("b_callback", callback, callback);
    report("b_weak", weak, weak);
    report("b_aliased", aliased, aliased);
    report("b_many", many, many);
    report("b_variadic", variadic, variadic);
    report("b_large_frame", large, large);
    report("b_tiny", rounds, rounds);
#ifdef NO_IFUNC
    report("b_chosen_one", chosen, chosen);
#else
    report("b_chosen", chosen, chosen);
#endif
    report("b_before_main", started, started);
    report("b_after_main", 1, 1);
    report("b_finish", 1, 0);
    bl_report(rounds);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "until") == 0) {
        for (int i = 0; access(argv[2], F_OK) != 0; i++) {
            one_round(i & 0xffff);
            /* Each call is traced and compared: some thousand in a second are enough. And its sleep
               shows a waiting script that it has started to work. */
            usleep(300);
        }
        plain = local = once = cloned = removed = split = slow = rare = tail_1 = tail_2 = 0;
        callback = weak = aliased = many = variadic = large = chosen = 0;
        bl_reset();
    }
    long rounds = argc > 2 ? 1 : argument(argc, argv, 1, 5);
    for (int i = 0; i < rounds; i++)
        one_round(i);
    report_all((unsigned long)rounds);
    b_finish(7);
}
