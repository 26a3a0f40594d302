/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jump.h"

#include <errno.h>

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_trap.h"
#include "ptrace/jumps/jump_values.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/result_kinds.h"
#include "util/addr.h"

const char *engine_jump_obstacle(const struct probe *probe, unsigned kinds)
{
    struct stub_layout layout;
    const char *reason = NULL;
    return jump_layout_of_entry(probe, kinds, HIT_STRING_DEFAULT, &layout, &reason) ? NULL : reason;
}

const char *jump_why_suspended(const struct site *site, const void *unused)
{
    (void)unused;
    bool starts_behind_hit = site->jump.skip > 0;
    return site->jump.jump->is_single && !starts_behind_hit
               ? NULL
               : "the program's stacks may hold addresses inside it";
}

bool jump_suits(const struct jump *jump, const struct probe *probe, unsigned kinds,
                struct jumps *jumps, size_t limit)
{
    struct stub_layout layout;
    const char *reason;
    bool floats;
    return jump_layout_of_entry(probe, kinds, limit, &layout, &reason) &&
           jump->checks_return == ((kinds & HIT_EXIT) != 0) &&
           (!jump->checks_return || jump->result_kind == result_kind_of(&jumps->result_kinds, probe,
                                                                        limit, &floats, &reason)) &&
           (layout.integer_args & ~jump->layout.integer_args) == 0 &&
           (layout.float_args & ~jump->layout.float_args) == 0 &&
           layout.stack_words <= jump->layout.stack_words &&
           stub_layout_same_memory(&layout, &jump->layout);
}

/* ---- struct site_method */

static int prepare_jump(struct address_space *space, struct site *site, struct error *err)
{
    return site_trap_method.prepare(space, site, err);
}

static bool is_jump_current(const struct address_space *space, const struct site *site)
{
    return site_trap_method.is_current(space, site);
}

static void discard_jump(struct site *site)
{
    site->jump.jump = NULL;
    site_trap_method.discard(site);
}

static int plant_breakpoint(struct address_space *space, struct site *site)
{
    return site_trap_method.plant(space, site);
}

/* A jump is lifted with all threads stopped, together with others: see promotion.h. */
static int lift_breakpoint(struct address_space *space, const struct site *site)
{
    return site->jump.planted ? -EBUSY : site_trap_method.lift(space, site);
}

/* A thread that is stopped at the breakpoint of the stub, or that was at the site's when the jump
   was planted. */
static bool pass_jump(const struct site *site, target_addr *to)
{
    const struct jump *jump = site->jump.jump;
    if (!site->jump.planted)
        return site_trap_method.pass(site, to);
    *to = target_addr_plus(jump->stub, jump->map.displaced);
    return true;
}

const struct site_method jump_method = {
    .prepare = prepare_jump,
    .is_current = is_jump_current,
    .discard = discard_jump,
    .plant = plant_breakpoint,
    .lift = lift_breakpoint,
    .pass = pass_jump,
};
