/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jump.h"

#include <errno.h>

#include "model/field.h"
#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_trap.h"
#include "util/addr.h"

enum { MASK_BITS = 8 };

static const char RESOLVER[] = "it is the resolver of an indirect function";

/* The registers that places are in. */
struct needs {
    unsigned integers, floats; /* masks */
    const char *obstacle;      /* a place that no stub records, or NULL */
};

static void need_place(struct needs *needs, const struct value_place *place)
{
    switch (place->kind) {
    case PLACE_NONE:
    case PLACE_STACK_ARG:
        break;
    case PLACE_INTEGER_ARG:
    case PLACE_INTEGER_RET:
        if (place->index < MASK_BITS)
            needs->integers |= 1u << place->index;
        else
            needs->obstacle = "a value is in a register that stubs do not record";
        break;
    case PLACE_FLOAT_ARG:
    case PLACE_FLOAT_RET:
        if (place->index < MASK_BITS)
            needs->floats |= 1u << place->index;
        else
            needs->obstacle = "a value is in a register that stubs do not record";
        break;
    case PLACE_X87_RET:
        needs->obstacle = "the result is in an x87 register";
        break;
    case PLACE_RESULT_ADDRESS:
    case PLACE_POINTEE:
    case PLACE_POINTEE_STATE:
        needs->obstacle = "a value is behind a pointer";
        break;
    case PLACE_EXTRA:
        if (place->index == EXTRA_STACK)
            needs->obstacle = "a call chain is wanted";
        break;
    }
}

static struct needs needs_of(const struct field *fields, size_t n)
{
    struct needs needs = {0};
    for (size_t i = 0; i < n && !needs.obstacle; i++) {
        need_place(&needs, &fields[i].place);
        need_place(&needs, &fields[i].rest);
        need_place(&needs, &fields[i].second);
        if (fields[i].kind == VALUE_STRING)
            needs.obstacle = "a string is behind a pointer";
    }
    return needs;
}

bool jump_may_return(const struct probe *probe, bool *floats, const char **reason)
{
    const struct needs needs = needs_of(probe->rets, probe->n_rets);
    *floats = needs.floats != 0;
    *reason = needs.obstacle;
    /* What it returns is armed before the program calls it. */
    if (probe->resolves)
        *reason = RESOLVER;
    if (!*reason && ((needs.integers | needs.floats) & ~3u))
        *reason = "the result is in a register that stubs do not record";
    return !*reason;
}

bool jump_layout_of_entry(const struct probe *probe, unsigned kinds, struct stub_layout *layout,
                          const char **reason)
{
    bool floats;
    *layout = (struct stub_layout){0};
    if (probe->resolves) {
        *reason = RESOLVER;
        return false;
    }
    if ((kinds & HIT_EXIT) && !jump_may_return(probe, &floats, reason))
        return false;
    if (!(kinds & HIT_ENTRY))
        return true;
    const struct needs needs = needs_of(probe->args, probe->n_args);
    size_t words = (probe->stack_args + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    *reason = needs.obstacle;
    if (*reason || words > STUB_STACK_WORDS_MAX)
        return false;
    layout->integer_args = (uint8_t)needs.integers;
    layout->float_args = (uint8_t)needs.floats;
    layout->stack_words = (uint16_t)words;
    return true;
}

const char *engine_jump_obstacle(const struct probe *probe, unsigned kinds)
{
    struct stub_layout layout;
    const char *reason = NULL;
    return jump_layout_of_entry(probe, kinds, &layout, &reason) ? NULL : reason;
}

const char *jump_why_suspended(const struct site *site, const void *unused)
{
    (void)unused;
    return site->jump.jump->is_single ? NULL : "the program's stacks may hold addresses inside it";
}

bool jump_suits(const struct jump *jump, const struct probe *probe, unsigned kinds)
{
    struct stub_layout layout;
    const char *reason;
    return jump_layout_of_entry(probe, kinds, &layout, &reason) &&
           jump->checks_return == ((kinds & HIT_EXIT) != 0) &&
           (layout.integer_args & ~jump->layout.integer_args) == 0 &&
           (layout.float_args & ~jump->layout.float_args) == 0 &&
           layout.stack_words <= jump->layout.stack_words;
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
