/* SPDX-License-Identifier: MIT */
#include "ptrace/core/callstack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CAPACITY_FIRST = 64,
    RETURNS_ON_SLOT_MAX = 4, /* calls with frames of size 0 that are open inside each other */
};

/* A frame and its links: on its slot, in the hash of slots, and by age. Links are indices into
   callstack.nodes, which moves when it grows; 0 is none. */
struct callstack_node {
    struct frame frame;
    uint32_t outer, inner;    /* on the same slot; only the innermost is in the hash */
    uint32_t hash_next;       /* of the innermost; for spare nodes: the next spare one */
    uint32_t older, newer;    /* by age; not valid in buried nodes */
    uint16_t number_on_slot;  /* an upper limit of the frames on the slot up to this one */
    uint16_t returns_on_slot; /* and of the return addresses that follow each other there */
    bool buried;
};

static struct callstack_node *node_at(const struct callstack *cs, uint32_t index)
{
    return &cs->nodes[index];
}

static uint32_t *bucket_of(const struct callstack *cs, uint64_t slot)
{
    /* Fibonacci hashing: slots are multiples of 8 and close together. */
    uint64_t hash = (slot >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    return &cs->buckets[(hash >> 32) & (cs->capacity - 1)];
}

/* The innermost frame on the slot, or 0. */
static uint32_t find_node(const struct callstack *cs, uint64_t slot)
{
    if (cs->open + cs->buried == 0)
        return 0;
    uint32_t i = *bucket_of(cs, slot);
    while (i && node_at(cs, i)->frame.slot != slot)
        i = node_at(cs, i)->hash_next;
    return i;
}

/* ---- Allocation */

static void rehash(struct callstack *cs)
{
    memset(cs->buckets, 0, cs->capacity * sizeof(*cs->buckets));
    for (uint32_t i = 1; i <= cs->used; i++) {
        struct callstack_node *node = node_at(cs, i);
        if (node->inner)
            continue;
        uint32_t *bucket = bucket_of(cs, node->frame.slot);
        node->hash_next = *bucket;
        *bucket = i;
    }
}

/* Doubles the capacity. To be called when all nodes are in use and none is spare. */
static int grow_nodes(struct callstack *cs)
{
    uint32_t capacity = cs->capacity ? cs->capacity * 2 : CAPACITY_FIRST;
    if (capacity > CALLSTACK_FRAMES_MAX)
        return -E2BIG;
    struct callstack_node *nodes = realloc(cs->nodes, (capacity + 1) * sizeof(*nodes));
    if (!nodes)
        return -ENOMEM;
    cs->nodes = nodes;
    uint32_t *buckets = malloc(capacity * sizeof(*buckets));
    if (!buckets)
        return -ENOMEM;
    free(cs->buckets);
    cs->buckets = buckets;
    cs->capacity = capacity;
    rehash(cs);
    return 0;
}

/* An uninitialised node, or 0 with *error. */
static uint32_t take_node(struct callstack *cs, int *error)
{
    uint32_t i = cs->spare;
    if (i) {
        cs->spare = node_at(cs, i)->hash_next;
        return i;
    }
    if (cs->used == cs->capacity && (*error = grow_nodes(cs)) < 0)
        return 0;
    return ++cs->used;
}

/* ---- Adding and removing frames */

static void link_newest(struct callstack *cs, uint32_t i)
{
    struct callstack_node *node = node_at(cs, i);
    node->older = cs->newest;
    node->newer = 0;
    if (cs->newest)
        node_at(cs, cs->newest)->newer = i;
    cs->newest = i;
    cs->open++;
}

static void unlink_by_age(struct callstack *cs, uint32_t i)
{
    const struct callstack_node *node = node_at(cs, i);
    if (node->newer)
        node_at(cs, node->newer)->older = node->older;
    else
        cs->newest = node->older;
    if (node->older)
        node_at(cs, node->older)->newer = node->newer;
    cs->open--;
}

static void unlink_from_slot(struct callstack *cs, uint32_t i)
{
    const struct callstack_node *node = node_at(cs, i);
    if (node->outer)
        node_at(cs, node->outer)->inner = node->inner;
    if (node->inner) {
        node_at(cs, node->inner)->outer = node->outer;
        return;
    }
    uint32_t *link = bucket_of(cs, node->frame.slot);
    while (*link != i)
        link = &node_at(cs, *link)->hash_next;
    *link = node->hash_next;
    if (node->outer) {
        node_at(cs, node->outer)->hash_next = *link;
        *link = node->outer;
    }
}

/* Frames are counted in `waiting` here and in release_node() only. */
static void keep_frame(const struct frame *frame)
{
    if (frame->waiting)
        ++*frame->waiting;
}

/* The frame is dropped. Nothing happens if it was released before. */
static void release_node(struct frame *frame)
{
    if (frame->waiting)
        --*frame->waiting;
    frame->waiting = NULL;
}

static void forget_node(struct callstack *cs, uint32_t i)
{
    struct callstack_node *node = node_at(cs, i);
    release_node(&node->frame);
    if (node->buried)
        cs->buried--;
    else
        unlink_by_age(cs, i);
    unlink_from_slot(cs, i);
    node->hash_next = cs->spare;
    cs->spare = i;
}

static bool is_doubtful(const struct callstack *cs, const struct callstack_node *node)
{
    return node->buried || node->frame.epoch != cs->epoch;
}

/* The call has been left without a return. */
static void leave_node(struct callstack *cs, uint32_t i)
{
    const struct callstack_node *node = node_at(cs, i);
    struct frame frame = node->frame;
    bool by_jump = !node->buried && is_doubtful(cs, node) && !cs->ends;
    forget_node(cs, i);
    if (frame.epoch < cs->missed_epoch) {
        cs->missed(cs->missed_data, &frame);
    } else if (by_jump && cs->unwound) {
        frame.depth = cs->open;
        cs->unwound(cs->unwound_data, &frame);
    }
}

static void bury(struct callstack *cs, uint32_t i)
{
    unlink_by_age(cs, i);
    node_at(cs, i)->buried = true;
    cs->buried++;
    cs->out_of_order = true;
}

/* Adds a frame to its slot, inside `outer` (0: none). */
static int push(struct callstack *cs, const struct frame *frame, uint32_t outer)
{
    unsigned number = outer ? node_at(cs, outer)->number_on_slot + 1u : 1;
    unsigned returns = outer ? node_at(cs, outer)->returns_on_slot +
                                   (node_at(cs, outer)->frame.ret != frame->ret ? 1u : 0u)
                             : 1u;
    if (number > CALLSTACK_CHAIN_MAX)
        return -E2BIG;
    int error;
    uint32_t i = take_node(cs, &error);
    if (!i)
        return error;
    uint32_t *bucket = bucket_of(cs, frame->slot), *link = bucket;
    if (outer) { /* replaces the outer one in the hash */
        while (*link != outer)
            link = &node_at(cs, *link)->hash_next;
        *link = node_at(cs, outer)->hash_next;
        node_at(cs, outer)->inner = i;
    }
    *node_at(cs, i) = (struct callstack_node){
        .frame = *frame,
        .outer = outer,
        .hash_next = *bucket,
        .number_on_slot = (uint16_t)number,
        .returns_on_slot = (uint16_t)returns,
    };
    *bucket = i;
    keep_frame(frame);
    link_newest(cs, i);
    return 0;
}

/* ---- Frames left without a return */

static bool in_range(struct stack_range stack, uint64_t address)
{
    return address >= stack.low && address < stack.high;
}

/* The thread has the stack pointer sp on `stack`: forgets or buries lower frames that are newer
   than `until` (0: any). */
static void settle_doubtful(struct callstack *cs, uint64_t sp, struct stack_range stack,
                            uint32_t until)
{
    unsigned passed = 0;
    uint32_t older;
    if (!in_range(stack, sp))
        return;
    for (uint32_t i = cs->newest; i && i != until && passed < CALLSTACK_LOOK_MAX; i = older) {
        const struct callstack_node *node = node_at(cs, i);
        older = node->older;
        if (!in_range(stack, node->frame.slot)) {
            passed++;
            continue;
        }
        if (node->frame.slot >= sp) /* still open, and so are the older ones, which are higher */
            break;
        if (cs->mixed) /* it may be on another stack */
            passed++;
        else if (is_doubtful(cs, node))
            leave_node(cs, i);
        else
            bury(cs, i);
    }
}

/* Whether an entry on the slot of `inner`, with the same return address, is a new call. */
static bool is_new_call(const struct callstack *cs, uint32_t inner, const void *what,
                        enum callstack_site site)
{
    if (!is_doubtful(cs, node_at(cs, inner)))
        return false;
    if (site != CALLSTACK_SITE_CALLS_OTHER)
        return true;
    uint32_t outermost = inner;
    while (node_at(cs, outermost)->outer)
        outermost = node_at(cs, outermost)->outer;
    return node_at(cs, outermost)->frame.what == what;
}

static void forget_slot(struct callstack *cs, uint32_t inner)
{
    for (uint32_t outer; inner; inner = outer) {
        outer = node_at(cs, inner)->outer;
        leave_node(cs, inner);
    }
}

/* Whether an entry on the slot of `inner` shows that the frames there have been left. */
static bool ends_slot(const struct callstack *cs, uint32_t inner, const struct frame *frame,
                      enum callstack_site site)
{
    const struct callstack_node *node = node_at(cs, inner);
    if (node->frame.ret == frame->ret)
        return is_new_call(cs, inner, frame->what, site);
    return !frame->shares_slot || is_doubtful(cs, node) ||
           node->returns_on_slot >= RETURNS_ON_SLOT_MAX;
}

/* The innermost frame on the slot that returns to `ret`, or 0. */
static uint32_t find_return(const struct callstack *cs, uint64_t slot, uint64_t ret)
{
    uint32_t i = find_node(cs, slot);
    while (i && node_at(cs, i)->frame.ret != ret)
        i = node_at(cs, i)->frame.shares_slot ? node_at(cs, i)->outer : 0;
    return i;
}

/* ---- */

void callstack_free(struct callstack *cs)
{
    for (uint32_t i = 1; i <= cs->used; i++)
        release_node(&node_at(cs, i)->frame);
    free(cs->nodes);
    free(cs->buckets);
    *cs = (struct callstack){0};
}

int callstack_enter(struct callstack *cs, struct frame *frame, enum callstack_site site,
                    struct stack_range stack)
{
    settle_doubtful(cs, frame->slot, stack, 0);
    uint32_t inner = find_node(cs, frame->slot);
    if (inner && ends_slot(cs, inner, frame, site)) {
        forget_slot(cs, inner);
        inner = 0;
    }
    frame->epoch = cs->epoch;
    frame->depth = cs->open;
    int r = push(cs, frame, inner);
    if (r < 0)
        cs->lost++;
    return r;
}

bool callstack_return(struct callstack *cs, uint64_t slot, uint64_t ret, struct stack_range stack,
                      struct frame *frame)
{
    uint32_t i = find_return(cs, slot, ret), inner;
    if (!i)
        return false;
    while ((inner = node_at(cs, i)->inner))
        leave_node(cs, inner);
    if (node_at(cs, i)->buried)
        cs->mixed = true;
    else
        settle_doubtful(cs, slot, stack, i);
    cs->out_of_order |= cs->newest != i;
    *frame = node_at(cs, i)->frame;
    frame->waiting = NULL;
    forget_node(cs, i);
    frame->depth = cs->open;
    return true;
}

void callstack_jumped(struct callstack *cs)
{
    cs->epoch++;
    cs->missed_epoch = 0;
}

void callstack_missed(struct callstack *cs, void (*missed)(void *data, const struct frame *frame),
                      void *data)
{
    cs->missed_epoch = ++cs->epoch;
    cs->missed = missed;
    cs->missed_data = data;
}

bool callstack_in_doubt(const struct callstack *cs, uint64_t slot, uint64_t ret)
{
    uint32_t i = find_return(cs, slot, ret);
    return i && is_doubtful(cs, node_at(cs, i));
}

void callstack_left(struct callstack *cs, uint64_t slot, uint64_t ret)
{
    while (callstack_in_doubt(cs, slot, ret))
        leave_node(cs, find_return(cs, slot, ret));
}

void callstack_seen(struct callstack *cs, uint64_t sp, struct stack_range stack)
{
    settle_doubtful(cs, sp, stack, 0);
}

uint32_t callstack_depth(const struct callstack *cs)
{
    return cs->open;
}
