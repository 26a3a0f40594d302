/* SPDX-License-Identifier: MIT */
/* Pauses, in which a tracer may change what it traces: pause_here() is called again and again,
   until the tracer sets the word at JUMPING_GO_ON to 1, as it is without a tracer. */
#ifndef PAUSE_H
#define PAUSE_H

#include <sched.h>
#include <sys/mman.h>

#include "jumping.h"
#include "target.h"

TRACED void pause_here(void);
void pause_here(void)
{
    OPAQUE();
}

static atomic_long *go_on;

static inline void pauses_begin(void)
{
    go_on = mmap((void *)JUMPING_GO_ON, sizeof(*go_on), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    check(go_on == (void *)JUMPING_GO_ON, "mmap");
    *go_on = 1;
}

static inline void pause_for_tracer(void)
{
    do {
        pause_here();
        sched_yield();
    } while (!*go_on);
}

#endif
