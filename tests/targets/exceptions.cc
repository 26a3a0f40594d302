/*
 * exceptions [CALLS=50]: C++ exceptions through frames with destructors, caught by type, caught and
 * thrown again, caught by `...`; plain() is called after each, as deep as what was unwound. Prints
 * "thrower N 0", "catcher CALLS CALLS", "rethrower CALLS 0", "outer CALLS CALLS", "plain 2*CALLS
 * 2*CALLS" and "destroyed N N".
 */
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "state.h"

#define TRACED extern "C" __attribute__((noinline, noclone))

static unsigned long throws, catches, caught, rethrows, outers, outers_back, plains, destroyed;

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
        sum += catcher(i % 7);
        sum += plain(i);
        sum += outer(i % 5);
        sum += plain(i);
    }
    std::printf("thrower %lu 0\ncatcher %lu %lu\nrethrower %lu 0\nouter %lu %lu\nplain %lu %lu\n"
                "destroy %lu %lu\n",
                throws, catches, caught, rethrows, outers, outers_back, plains, plains, destroyed,
                destroyed);
    return sum == calls * (calls - 1) + 4 * calls ? 0 : 99;
}
