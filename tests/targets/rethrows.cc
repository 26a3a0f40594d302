// SPDX-License-Identifier: MIT
/*
 * rethrows [ROUNDS=10] [FRAMES=1000]: rethrow() calls itself FRAMES times, throws at the end, and
 * each of the frames catches the exception and throws it again; pass() does so without catching
 * it, but with a destructor that calls destroyed() in each frame. Between the rounds plain() is
 * called at the depth of the first frame. Before, rethrow() is called until a tracer has replaced
 * its code. Prints "rethrow N 0", "pass ROUNDS*(FRAMES+1) 0", "destroyed ROUNDS*FRAMES
 * ROUNDS*FRAMES" and "plain 2*ROUNDS 2*ROUNDS".
 */
#include "jumped.h"
#include "report.h"

#define TRACED extern "C" __attribute__((noinline, visibility("default"), used))

TRACED void destroyed()
{
    OPAQUE();
}

struct Guard {
    ~Guard()
    {
        destroyed();
    }
};

TRACED long plain(long i)
{
    OPAQUE();
    return i + 1;
}

TRACED void rethrow(long frames)
{
    if (frames == 0)
        throw frames;
    try {
        rethrow(frames - 1);
    } catch (long &n) {
        n++;
        throw;
    }
    OPAQUE();
}

TRACED void pass(long frames)
{
    if (frames == 0)
        throw frames;
    Guard guard;
    pass(frames - 1);
    OPAQUE();
}

static long caught(void (*call)(long), long frames)
{
    try {
        call(frames);
    } catch (long n) {
        return n;
    }
    return -1;
}

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 10), frames = argument(argc, argv, 2, 1000);
    unsigned long n = 0;
    while (is_to_be_jumped((uintptr_t)rethrow, n)) {
        check(caught(rethrow, 0) == 0, "the exception");
        n++;
    }
    for (long i = 0; i < rounds; i++) {
        check(caught(rethrow, frames) == frames, "the exception that is thrown again");
        check(plain(i) == i + 1, "result of plain");
        check(caught(pass, frames) == 0, "the exception");
        check(plain(i) == i + 1, "result of plain");
    }
    report("rethrow", rounds * (frames + 1) + n, 0);
    report("pass", rounds * (frames + 1), 0);
    report("destroyed", rounds * frames, rounds * frames);
    report("plain", 2 * rounds, 2 * rounds);
    return 0;
}
