/* SPDX-License-Identifier: MIT */
/*
 * How the writer's thread sleeps. With nothing to write it sleeps without a timer, and the next
 * record wakes it. Otherwise it looks every few milliseconds, or when many packets are full, and
 * recording makes no system call.
 */
#ifndef TP_CTF_CTF_WAKEUP_H
#define TP_CTF_CTF_WAKEUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* CTF_FULL_BLOCKS: so many blocks wake the thread before its time. */
enum { CTF_PERIOD_MS = 4, CTF_FULL_BLOCKS = 16 };

enum ctf_sleep {
    CTF_AWAKE,
    CTF_SLEEP_TIMED, /* full blocks wake it */
    CTF_SLEEP_IDLE,  /* every record wakes it */
};

struct ctf_wakeup {
    _Atomic uint32_t state; /* enum ctf_sleep; a futex(2) */
    _Atomic uint32_t n_full;
};

/* Wakes the thread, from any other. */
void ctf_wakeup_now(struct ctf_wakeup *wakeup);

/* A record was committed. */
static inline void ctf_wakeup_record(struct ctf_wakeup *wakeup)
{
    if (__builtin_expect(
            atomic_load_explicit(&wakeup->state, memory_order_relaxed) == CTF_SLEEP_IDLE, 0))
        ctf_wakeup_now(wakeup);
}

/* A block became full. */
void ctf_wakeup_full(struct ctf_wakeup *wakeup);

/*
 * Announces sleep in the given state; ctf_wakeup_sleep() then sleeps, at most `timeout_ms` (-1:
 * without an end), unless the thread was woken in between. A record that is committed at the same
 * moment as an announcement of CTF_SLEEP_IDLE may wake nobody: after the announcement, look for
 * records once more, CTF_PERIOD_MS later. This way recording needs no memory barrier.
 */
void ctf_wakeup_announce(struct ctf_wakeup *wakeup, enum ctf_sleep state);
/* Whether it was woken. */
bool ctf_wakeup_sleep(struct ctf_wakeup *wakeup, enum ctf_sleep state, int timeout_ms);

#endif
