/* SPDX-License-Identifier: MIT */
/* The library of builds.c, whose functions count their calls. Compiled into the program if that is
   static (LIBRARY_INSIDE). */
#include "library.h"

static unsigned long plain, aliased, weak, version_1, version_2, chosen, apply, swap, local, tiny;

static OUT_OF_LINE int bl_local(int value)
{
    local++;
    OPAQUE();
    return value + 1;
}

EXPORTED int bl_plain(int value)
{
    plain++;
    OPAQUE();
    return bl_local(value) + 1;
}

EXPORTED int bl_aliased(int value)
{
    aliased++;
    OPAQUE();
    return value + 3;
}

__attribute__((alias("bl_aliased"), visibility("default"))) int bl_same(int value);

__attribute__((weak)) EXPORTED int bl_weak(int value)
{
    weak++;
    OPAQUE();
    return value + 4;
}

/* Two versions of one name. */
#if defined(LIBRARY_INSIDE) || defined(NO_VERSIONS)
EXPORTED int bl_version(int value)
{
    version_2++;
    OPAQUE();
    return value + 6;
}
#else
#ifdef __clang__
__asm__(".symver bl_version_1, bl_version@BUILDS_1");
__asm__(".symver bl_version_2, bl_version@@BUILDS_2");
#define VERSION(text)
#else
#define VERSION(text) __attribute__((symver(text)))
#endif
int bl_version_1(int value);
int bl_version_2(int value);

VERSION("bl_version@BUILDS_1") __attribute__((used)) EXPORTED int bl_version_1(int value)
{
    version_1++;
    OPAQUE();
    return value + 5;
}

VERSION("bl_version@@BUILDS_2") __attribute__((used)) EXPORTED int bl_version_2(int value)
{
    version_2++;
    OPAQUE();
    return value + 6;
}
#endif

static OUT_OF_LINE int bl_chosen_one(int value)
{
    chosen++;
    OPAQUE();
    return value + 7;
}

#ifdef NO_IFUNC
EXPORTED int bl_chosen(int value)
{
    int result = bl_chosen_one(value);
    OPAQUE();
    return result;
}
#else
static BARE __attribute__((used)) bl_callback *bl_resolve(void)
{
    return bl_chosen_one;
}

__attribute__((ifunc("bl_resolve"), visibility("default"))) int bl_chosen(int value);
#endif

EXPORTED int bl_apply(bl_callback *callback, int value)
{
    apply++;
    int result = callback(value);
    OPAQUE();
    return result;
}

EXPORTED struct bl_pair bl_swap(struct bl_pair pair, int a, int b, int c, int d, int e, int f,
                                long on_stack)
{
    swap++;
    OPAQUE();
    return (struct bl_pair){(long)pair.second + a + b + c + d + e + f + on_stack,
                            (double)pair.first};
}

/* When optimized, this is only a "ret". */
EXPORTED void bl_tiny(void)
{
    OPAQUE();
}

/* It cannot count itself. */
void note_bl_tiny(unsigned long calls)
{
    tiny += calls;
}

void bl_reset(void)
{
    plain = aliased = weak = version_1 = version_2 = chosen = apply = swap = local = tiny = 0;
}

void bl_report(unsigned long rounds)
{
    (void)rounds;
    report("bl_plain", plain, plain);
    report("bl_local", local, local);
    report("bl_aliased", aliased, aliased);
    report("bl_weak", weak, weak);
    report("bl_version", version_1 + version_2, version_1 + version_2);
    /* Calls of an IFUNC's implementation have the IFUNC's name. */
    report("bl_chosen", chosen, chosen);
#ifdef NO_IFUNC
    report("bl_chosen_one", chosen, chosen);
#endif
    report("bl_apply", apply, apply);
    report("bl_swap", swap, swap);
    report("bl_tiny", tiny, tiny);
}
