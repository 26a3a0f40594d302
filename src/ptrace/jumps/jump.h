/* SPDX-License-Identifier: MIT */
/*
 * A jump: the stub that it leads to, and what is known of it. Once made it stays, like a slot: a
 * thread may still be in the stub when the jump is lifted. It can be planted again, also after
 * others of the site were.
 */
#ifndef PTRACE_JUMPS_JUMP_H
#define PTRACE_JUMPS_JUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/engine.h"
#include "ptrace/jumps/record_values.h"
#include "util/addr.h"
#include "util/error.h"

struct address_space;
struct jumps;

struct jump {
    struct site *site;
    struct jump *next; /* of those made for the site */
    uint32_t index;    /* in the space's table, and in records */
    target_addr stub;
    uint8_t region;                /* bytes that the stub's copy replaces, from the jump on, */
    uint8_t code[JUMP_REGION_MAX]; /* and what they are */
    bool is_single;                /* one instruction, and padding behind it */
    bool checks_return;            /* the stub of an entry, whose return is wanted */
    struct stub_layout layout;
    size_t record_size; /* at most, with strings */
    bool has_strings;
    unsigned result_kind; /* with checks_return, and of a return: see result_kinds.h */
    struct stub_map map;
    uint64_t drops;          /* hits dropped, as last read */
    struct record_plan plan; /* of an entry; made when it is first needed */
};

/* Serves a site by a jump; only where `jump.planted`. Else like site_trap_method. */
extern const struct site_method jump_method;

/* Why the site's jump must go where stacks may be suspended anywhere, a static text; NULL: it need
   not. See promotion_why. */
const char *jump_why_suspended(const struct site *site, const void *unused);
/* Whether the jump at an entry also serves this probe with these kinds, with strings of `limit`
   bytes. */
bool jump_suits(const struct jump *jump, const struct probe *probe, unsigned kinds,
                struct jumps *jumps, size_t limit);

#endif
