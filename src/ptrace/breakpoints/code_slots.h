/* SPDX-License-Identifier: MIT */
/*
 * Slots: memory in the target for displaced copies of instructions. An arena is one private
 * anonymous mapping (readable and executable), made by the target itself near the code it is for,
 * in the middle of a gap, so that neither the heap nor the stack grows into it. It stays mapped
 * after a detach: a thread may still be in it.
 */
#ifndef PTRACE_BREAKPOINTS_CODE_SLOTS_H
#define PTRACE_BREAKPOINTS_CODE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/addr.h"
#include "util/error.h"
#include "util/vec.h"

struct address_space;
struct site;

enum { SLOT_UNIT = 16, ARENA_SIZE = 64 * 1024 };

struct slot_arena {
    target_addr start;
    size_t used;         /* bytes allocated */
    struct site **owner; /* for each SLOT_UNIT bytes */
};

struct code_slots {
    VEC(struct slot_arena) arenas;
    bool refused; /* the target must not be made to map memory (seccomp), or that failed */
};

/* The slots of an address space, allocated on first use. NULL: out of memory. */
struct code_slots *code_slots_of(struct address_space *space);

/* Allocates a slot of `size` bytes within half of displaced_reach of `near`; if there is no room,
   within all of it. If needed, one of the threads maps a new arena. The slot belongs to `site`
   (NULL: to none) and is never freed. -EPERM: nothing may be injected. -ERANGE: there is no room
   near enough. */
MUST_CHECK int code_slots_take(struct address_space *space, struct site *site, target_addr near,
                               size_t size, target_addr *slot);
/* The site that owns the slot at the address, or NULL. `slots` may be NULL. */
struct site *code_slots_owner(const struct code_slots *slots, target_addr at);
/* NULL is allowed. */
void code_slots_free(struct code_slots *slots);

#endif
