/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/tsc_clock.h"

#include "ptrace/arch/arch.h"
#include "util/clock.h"

enum {
    TRIES = 5,
    FIRST_NS = 1000000,   /* between the first two pairs */
    APART_NS = 200000000, /* between two pairs that a rate is computed from */
    FAR_NS = 2000000000,  /* records are not older, nor from the future */
};

/* Of some tries the one in which the two readings of the counter are closest. */
static struct tsc_pair read_clocks(void)
{
    struct tsc_pair best = {0};
    uint64_t closest = UINT64_MAX;
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = arch_cycle_counter(), ns = clock_now_ns(), after = arch_cycle_counter();
        if (after - before < closest) {
            closest = after - before;
            best = (struct tsc_pair){before + (after - before) / 2, ns};
        }
    }
    return best;
}

static void set_rate(struct tsc_clock *clock)
{
    uint64_t counts = clock->to.tsc - clock->from.tsc, ns = clock->to.ns - clock->from.ns;
    if (counts)
        clock->scale = (uint64_t)(((unsigned __int128)ns << 32) / counts);
}

void tsc_clock_start(struct tsc_clock *clock)
{
    clock->from = read_clocks();
    do
        clock->to = read_clocks();
    while (clock->to.ns - clock->from.ns < FIRST_NS);
    set_rate(clock);
}

void tsc_clock_update(struct tsc_clock *clock)
{
    struct tsc_pair now = read_clocks();
    if (now.ns - clock->to.ns >= APART_NS)
        clock->from = clock->to;
    clock->to = now;
    set_rate(clock);
}

uint64_t tsc_clock_ns(const struct tsc_clock *clock, uint64_t tsc)
{
    int64_t counts = (int64_t)(tsc - clock->to.tsc);
    __int128 ns = ((__int128)counts * (__int128)clock->scale) >> 32;
    if (ns > FAR_NS)
        ns = FAR_NS;
    if (ns < -(__int128)FAR_NS * 16)
        ns = -(__int128)FAR_NS * 16;
    return clock->to.ns + (uint64_t)(int64_t)ns;
}
