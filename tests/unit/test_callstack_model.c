/* SPDX-License-Identifier: MIT */
/* Random histories of a thread, compared with a simulated program that knows the truth, and with a
   reference that follows the rules of callstack.h with a plain list. */
#include "ptrace/core/callstack.h"

#include <stdint.h>
#include <stdio.h>

#include "unit/check_main.h"

enum {
    STACKS = 3,
    STACK_SIZE = 0x10000,
    FUNCTIONS = 6,
    DEPTH_MAX = 10, /* on a stack: few enough that CALLSTACK_LOOK_MAX has no effect */
    ROUNDS = 200,   /* of a program */
    ACTIONS = 2000,
    HISTORIES = 20000, /* of random events: the properties of stacks are learnt early */
    HISTORY_LENGTH = 80,
};

static uint64_t random_state;

/* xorshift64: the same histories each time. */
static unsigned random_below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 33) % n);
}

static const char functions[FUNCTIONS];

static struct stack_range range_of_stack(unsigned stack)
{
    uint64_t low = 0x10000000 + (uint64_t)stack * 0x1000000;
    return (struct stack_range){low, low + STACK_SIZE};
}

/* ---- A simulated program */

struct activation {
    uint64_t slot, ret;
    const void *what;
    unsigned replaced; /* tail calls: how many activations before this one end with its return */
};

struct program {
    struct activation stacks[STACKS][DEPTH_MAX];
    unsigned depth[STACKS];
    unsigned current;
    struct callstack cs;
    unsigned wrong;
};

static unsigned depth_of(const struct program *p)
{
    unsigned depth = 0;
    for (unsigned i = 0; i < STACKS; i++)
        depth += p->depth[i];
    return depth;
}

/* Each function is called from one place: a direct call, which its return address identifies. */
static uint64_t ret_for(const void *what)
{
    return 0x400000 + (uint64_t)((const char *)what - functions) * 0x10;
}

static void enter(struct program *p, uint64_t slot, uint64_t ret, const void *what,
                  unsigned replaced, enum callstack_site site)
{
    struct frame frame = {.slot = slot, .ret = ret, .what = what};
    unsigned around = depth_of(p);
    p->wrong += callstack_enter(&p->cs, &frame, site, range_of_stack(p->current)) != 0;
    p->wrong += frame.depth != around;
    p->stacks[p->current][p->depth[p->current]++] = (struct activation){slot, ret, what, replaced};
}

static void call(struct program *p)
{
    unsigned depth = p->depth[p->current];
    uint64_t sp = depth ? p->stacks[p->current][depth - 1].slot : range_of_stack(p->current).high;
    const void *what = &functions[random_below(FUNCTIONS)];
    enter(p, sp - 8 * (1 + random_below(3)), ret_for(what), what, 0, CALLSTACK_SITE_CALLS_IT);
}

/* To a function other than the first of the chain, which the direct call names. */
static void tail_call(struct program *p)
{
    unsigned depth = p->depth[p->current];
    const struct activation *last = &p->stacks[p->current][depth - 1];
    const struct activation *first = last - last->replaced;
    const char *what = &functions[random_below(FUNCTIONS)];
    if (what == first->what)
        what = &functions[((const char *)first->what - functions + 1) % FUNCTIONS];
    enter(p, last->slot, last->ret, what, last->replaced + 1, CALLSTACK_SITE_CALLS_OTHER);
}

static void ret(struct program *p)
{
    struct activation *stack = p->stacks[p->current];
    struct activation last = stack[p->depth[p->current] - 1];
    struct stack_range range = range_of_stack(p->current);
    struct frame frame;
    for (unsigned i = 0; i <= last.replaced; i++) {
        const struct activation *ends = &stack[--p->depth[p->current]];
        p->wrong += !callstack_return(&p->cs, last.slot, last.ret, range, &frame);
        p->wrong += frame.what != ends->what || frame.depth != depth_of(p);
    }
    p->wrong += callstack_return(&p->cs, last.slot, last.ret, range, &frame);
}

/* Jumps back into an open activation of this stack, or out of all. It is seen on arrival. */
static void jump(struct program *p)
{
    unsigned keep = random_below(p->depth[p->current] + 1);
    const struct activation *stack = p->stacks[p->current];
    /* A function that ended in a tail call cannot be jumped back into. */
    while (keep > 0 && keep < p->depth[p->current] && stack[keep].replaced)
        keep++;
    p->depth[p->current] = keep;
    callstack_jumped(&p->cs);
    struct stack_range range = range_of_stack(p->current);
    callstack_seen(&p->cs, keep ? stack[keep - 1].slot : range.high - 1, range);
    p->wrong += callstack_depth(&p->cs) != depth_of(p);
}

static void act(struct program *p, bool jumps)
{
    unsigned depth = p->depth[p->current];
    switch (random_below(jumps ? 8 : 7)) {
    case 0:
    case 1:
    case 2:
        if (depth < DEPTH_MAX)
            call(p);
        break;
    case 3:
        if (depth > 0 && depth < DEPTH_MAX)
            tail_call(p);
        break;
    case 4:
    case 5:
        if (depth > 0)
            ret(p);
        break;
    case 6:
        p->current = random_below(STACKS);
        break;
    default:
        jump(p);
    }
}

static void run_programs(bool jumps)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct program p = {0};
        random_state = 88172645463325252 + round;
        for (unsigned i = 0; i < ACTIONS && !p.wrong; i++)
            act(&p, jumps);
        ck_assert_msg(!p.wrong, "round %u", round);
        callstack_free(&p.cs);
    }
}

START_TEST(programs_without_jumps_are_followed_exactly)
{
    run_programs(false);
}
END_TEST

START_TEST(programs_with_jumps_are_followed_exactly)
{
    run_programs(true);
}
END_TEST

/* ---- A reference by the rules */

enum { LIST_MAX = HISTORY_LENGTH };

struct reference {
    struct {
        struct frame frame;
        bool buried;
    } list[LIST_MAX]; /* oldest first */
    unsigned n;
    uint32_t epoch;
    bool mixed;
};

static struct reference reference;

static uint32_t reference_depth(const struct reference *r)
{
    uint32_t depth = 0;
    for (unsigned i = 0; i < r->n; i++)
        depth += !r->list[i].buried;
    return depth;
}

static void reference_remove(struct reference *r, unsigned i)
{
    memmove(&r->list[i], &r->list[i + 1], (r->n - i - 1) * sizeof(r->list[0]));
    r->n--;
}

static bool is_within(struct stack_range stack, uint64_t at)
{
    return stack.low <= at && at < stack.high;
}

/* Checks the frames from the newest to list[from]. */
static void reference_settle(struct reference *r, uint64_t sp, struct stack_range stack,
                             unsigned from)
{
    unsigned passed = 0;
    for (unsigned i = r->n; is_within(stack, sp) && i-- > from && passed < CALLSTACK_LOOK_MAX;) {
        uint64_t slot = r->list[i].frame.slot;
        if (r->list[i].buried)
            continue;
        if (is_within(stack, slot) && slot >= sp)
            return;
        if (!is_within(stack, slot) || r->mixed)
            passed++;
        else if (r->list[i].frame.epoch < r->epoch)
            reference_remove(r, i);
        else
            r->list[i].buried = true;
    }
}

/* The newest or oldest frame in a slot, or -1. */
static int reference_find(const struct reference *r, uint64_t slot, bool newest)
{
    int found = -1;
    for (unsigned i = 0; i < r->n; i++)
        if (r->list[i].frame.slot == slot && (newest || found < 0))
            found = (int)i;
    return found;
}

static void reference_enter(struct reference *r, struct frame *frame, enum callstack_site site,
                            struct stack_range stack)
{
    reference_settle(r, frame->slot, stack, 0);
    int inner = reference_find(r, frame->slot, true), outer = reference_find(r, frame->slot, false);
    if (inner >= 0) {
        bool doubtful = r->list[inner].buried || r->list[inner].frame.epoch < r->epoch;
        bool same = r->list[inner].frame.ret == frame->ret;
        bool named = site == CALLSTACK_SITE_CALLS_OTHER && r->list[outer].frame.what != frame->what;
        if (!same || (doubtful && !named))
            for (unsigned i = r->n; i-- > 0;)
                if (r->list[i].frame.slot == frame->slot)
                    reference_remove(r, i);
    }
    frame->epoch = r->epoch;
    frame->depth = reference_depth(r);
    r->list[r->n].frame = *frame;
    r->list[r->n++].buried = false;
}

static bool reference_return(struct reference *r, uint64_t slot, uint64_t ret_address,
                             struct stack_range stack, struct frame *frame)
{
    int i = reference_find(r, slot, true);
    if (i < 0 || r->list[i].frame.ret != ret_address)
        return false;
    if (r->list[i].buried)
        r->mixed = true;
    else
        reference_settle(r, slot, stack, (unsigned)i + 1);
    *frame = r->list[i].frame;
    reference_remove(r, (unsigned)i);
    frame->depth = reference_depth(r);
    return true;
}

static struct stack_range random_range(uint64_t slot)
{
    switch (random_below(8)) {
    case 0:
        return (struct stack_range){0, 0};
    case 1: /* all stacks in one mapping */
        return (struct stack_range){range_of_stack(0).low, range_of_stack(STACKS - 1).high};
    default:
        return (struct stack_range){slot & ~UINT64_C(0xffffff), (slot | 0xffffff) + 1};
    }
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
    return a->slot == b->slot && a->ret == b->ret && a->what == b->what &&
           a->time_ns == b->time_ns && a->epoch == b->epoch && a->depth == b->depth;
}

/* By return address. */
static uint32_t waiting[2];

static bool waiting_is_true(const struct reference *r)
{
    uint32_t kept[2] = {0};
    for (unsigned i = 0; i < r->n; i++)
        kept[r->list[i].frame.ret - 0x1000]++;
    return kept[0] == waiting[0] && kept[1] == waiting[1];
}

/* Any events, plausible or not. With few slots, so that they collide. */
static bool act_alike(struct callstack *cs, struct reference *r, unsigned time, bool mixed_ranges)
{
    uint64_t slot = range_of_stack(random_below(STACKS)).high - 8 * (1 + random_below(6));
    uint64_t ret_address = 0x1000 + random_below(2);
    struct stack_range stack =
        mixed_ranges ? random_range(slot)
                     : (struct stack_range){slot & ~UINT64_C(0xffffff), (slot | 0xffffff) + 1};
    struct frame a = {.slot = slot,
                      .ret = ret_address,
                      .time_ns = time,
                      .waiting = &waiting[ret_address - 0x1000]},
                 b;
    enum callstack_site site = random_below(3);
    bool alike = true;
    switch (random_below(16)) {
    case 0:
        callstack_jumped(cs);
        r->epoch++;
        break;
    case 1:
        callstack_seen(cs, slot, stack);
        reference_settle(r, slot, stack, 0);
        break;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        a.what = &functions[random_below(2)];
        b = a;
        alike = callstack_enter(cs, &a, site, stack) == 0;
        reference_enter(r, &b, site, stack);
        alike = alike && same_frame(&a, &b);
        break;
    default: {
        bool more, more_b;
        do {
            more = callstack_return(cs, slot, ret_address, stack, &a);
            more_b = reference_return(r, slot, ret_address, stack, &b);
            alike = alike && more == more_b && (!more || same_frame(&a, &b));
        } while (more && alike);
    }
    }
    return alike && callstack_depth(cs) == reference_depth(r) && r->mixed == cs->mixed &&
           waiting_is_true(r);
}

static void run_reference(bool mixed_ranges)
{
    for (unsigned round = 0; round < HISTORIES; round++) {
        struct callstack cs = {0};
        unsigned i = 0;
        reference.n = reference.epoch = reference.mixed = 0;
        random_state = 362436069 + round;
        while (i < HISTORY_LENGTH && act_alike(&cs, &reference, i, mixed_ranges))
            i++;
        if (i < HISTORY_LENGTH)
            ck_abort_msg("round %u, action %u", round, i);
        callstack_free(&cs);
        ck_assert_uint_eq(waiting[0] + waiting[1], 0);
    }
}

START_TEST(any_history_follows_the_rules)
{
    run_reference(false);
}
END_TEST

START_TEST(any_history_with_doubtful_ranges_follows_the_rules)
{
    run_reference(true);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, programs_without_jumps_are_followed_exactly);
    tcase_add_test(tests, programs_with_jumps_are_followed_exactly);
    tcase_add_test(tests, any_history_follows_the_rules);
    tcase_add_test(tests, any_history_with_doubtful_ranges_follows_the_rules);
}

CHECK_MAIN("callstack_model", 60, add_tests)
