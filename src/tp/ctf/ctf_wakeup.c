/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_wakeup.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void ctf_wakeup_now(struct ctf_wakeup *wakeup)
{
    if (atomic_exchange(&wakeup->state, CTF_AWAKE) != CTF_AWAKE)
        syscall(SYS_futex, &wakeup->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void ctf_wakeup_full(struct ctf_wakeup *wakeup)
{
    /* One thread at a time records; an increment that the writer's reset overwrites only delays. */
    uint32_t n = atomic_load_explicit(&wakeup->n_full, memory_order_relaxed) + 1;
    atomic_store_explicit(&wakeup->n_full, n, memory_order_relaxed);
    if (n >= CTF_FULL_BLOCKS &&
        atomic_load_explicit(&wakeup->state, memory_order_relaxed) != CTF_AWAKE)
        ctf_wakeup_now(wakeup);
}

void ctf_wakeup_announce(struct ctf_wakeup *wakeup, enum ctf_sleep state)
{
    atomic_store(&wakeup->state, state);
}

bool ctf_wakeup_sleep(struct ctf_wakeup *wakeup, enum ctf_sleep state, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    syscall(SYS_futex, &wakeup->state, FUTEX_WAIT_PRIVATE, state, timeout_ms < 0 ? NULL : &timeout,
            NULL, 0);
    return atomic_load(&wakeup->state) == CTF_AWAKE;
}
