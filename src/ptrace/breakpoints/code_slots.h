/* SPDX-License-Identifier: MIT */
/*
 * Slots: room in the target for out-of-line copies of instructions. Each arena is one private
 * anonymous mapping (read and execute) made by the target itself near the code it serves, in the
 * middle of a gap, so that neither the heap nor the stack grows into it. It stays mapped after a
 * detach: a thread may still have to leave it.
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
    size_t used;         /* bytes handed out */
    struct site **owner; /* per SLOT_UNIT bytes */
};

struct code_slots {
    VEC(struct slot_arena) arenas;
    bool refused; /* the target must not be made to map anything (seccomp), or it failed */
};

/* The slots of a space, made when they are first asked for. NULL when memory is out. */
struct code_slots *code_slots_of(struct address_space *space);

/* Finds room for `size` bytes within 1 GiB of `near`, mapping a new arena by way of one of the
   threads if need be. The slot belongs to `site` (NULL: to none) for ever. -EPERM when nothing may
   be injected. */
MUST_CHECK int code_slots_take(struct address_space *space, struct site *site, target_addr near,
                               size_t size, target_addr *slot);
/* The site whose slot holds the address, or NULL; `slots` may be NULL. */
struct site *code_slots_owner(const struct code_slots *slots, target_addr at);
/* NULL is fine. */
void code_slots_free(struct code_slots *slots);

#endif
