/* SPDX-License-Identifier: MIT */
/*
 * exceptions [CALLS=50]: C++ exceptions through frames with destructors, caught by type, caught and
 * thrown again, caught by `...`; plain() is called after each, at the depth of the unwound calls.
 * Every second call of odd() throws, and the handlers continue at its return address. Prints
 * "thrower N 0", "catcher CALLS CALLS", "rethrower CALLS 0", "outer CALLS CALLS", "plain 2*CALLS
 * 2*CALLS", "destroy N N" and "odd CALLS N".
 */
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "state.h"

#define TRACED extern "C" __attribute__((noinline, noclone))

static unsigned long throws, catches, caught, rethrows, outers, outers_back, plains, destroyed,
    odds, odds_back, handled;

TRACED void destroy(int depth)
{
    destroyed++;
    asm volatile("" ::"r"(depth));
}

namespace
{
struct guard {
    int depth;
    ~guard()
    {
        destroy(depth);
    }
};
} // namespace

TRACED void thrower(int depth)
{
    throws++;
    if (depth == 0)
        throw std::runtime_error("bottom");
    guard g{depth};
    thrower(depth - 1);
    asm volatile("");
}

TRACED int catcher(int depth)
{
    int result = 0;
    catches++;
    try {
        thrower(depth);
    } catch (const std::exception &) {
        result = 1;
    }
    caught++;
    return result;
}

TRACED int rethrower(int depth)
{
    rethrows++;
    try {
        thrower(depth);
    } catch (...) {
        throw;
    }
    return 0;
}

TRACED int outer(int depth)
{
    int result = 0;
    outers++;
    try {
        result = rethrower(depth);
    } catch (...) {
        result = 3;
    }
    outers_back++;
    return result;
}

TRACED void odd(int value)
{
    odds++;
    if (value % 2)
        throw value;
    odds_back++;
}

#ifdef __clang__
#define AS_WRITTEN __attribute__((noinline, optnone))
#else
#define AS_WRITTEN __attribute__((noinline, optimize("O0")))
#endif

/* Both ways continue with the instruction after the call. */
extern "C" AS_WRITTEN void handle(int value)
{
    try {
        odd(value);
    } catch (int) {
        asm volatile("");
    }
    handled++;
    asm volatile("");
}

TRACED int plain(int value)
{
    plains++;
    asm volatile("" : "+r"(value));
    return value;
}

int main(int argc, char **argv)
{
    int calls = argc > 1 ? std::atoi(argv[1]) : 50, sum = 0;
    for (int i = 0; i < calls; i++) {
        handle(i);
        sum += catcher(i % 7);
        sum += plain(i);
        sum += outer(i % 5);
        sum += plain(i);
    }
    std::printf("thrower %lu 0\ncatcher %lu %lu\nrethrower %lu 0\nouter %lu %lu\nplain %lu %lu\n"
                "destroy %lu %lu\nodd %lu %lu\n",
                throws, catches, caught, rethrows, outers, outers_back, plains, plains, destroyed,
                destroyed, odds, odds_back);
    return sum == calls * (calls - 1) + 4 * calls ? 0 : 99;
}
