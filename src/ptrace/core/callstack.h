/* SPDX-License-Identifier: MIT */
/*
 * The open frames of one thread: traced calls that have not returned yet. Pure data, no ptrace.
 *
 * A frame is found by its return slot (the address where its return address lies; arch.h) together
 * with its return address, never by "a higher stack pointer ends what is below": coroutine stacks
 * and signal stacks lie anywhere. So what a heuristic gets wrong costs a number in `depth`, not an
 * exit:
 *
 *  - An entry on the slot of an open frame with another return address: the older call's return
 *    address is overwritten, it cannot return any more. It is forgotten.
 *  - The same slot and the same return address: a tail call, and all frames of the slot end with
 * its one return, innermost first; or, after a jump, a new call from the same place, and the older
 *    ones are forgotten. See enum callstack_site for how that is decided.
 *  - A jump (longjmp(), a caught exception) leaves frames without a return. Which ones is not known
 *    at once: all become doubtful. A doubtful frame is forgotten when the thread is seen higher up
 *    on the same stack. One that is not doubtful is *buried* by that: it counts no more in depth,
 *    but its return is still taken. Where a buried frame does return, the "stack" was several
 *    stacks in one mapping (allocated with malloc(), say), and nothing of this thread is forgotten
 *    or buried again for being lower.
 *
 * Entering and returning take constant time but when room has to be made; memory is taken as depth
 * grows and given back by callstack_free().
 */
#ifndef PTRACE_CORE_CALLSTACK_H
#define PTRACE_CORE_CALLSTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

enum {
    CALLSTACK_FRAMES_MAX = 1 << 20, /* open frames of a thread */
    /* Frames on one slot. Of a longer chain of tail calls (functions that tail-call each other in
       turn) the outermost ones are kept, the others count as lost. */
    CALLSTACK_CHAIN_MAX = 1024,
    /* How many frames of other stacks are passed over in the search for frames that were left. */
    CALLSTACK_LOOK_MAX = 32,
};

struct frame {
    /* The caller's. `what` tells functions apart and is not looked into. */
    uint64_t slot;
    uint64_t ret;
    const void *what;
    uint64_t time_ns;
    unsigned kinds;
    /* Counts the frames that are kept with it, buried ones included, in whichever call stacks: it
       must outlive them. NULL: they are not counted. */
    uint32_t *waiting;
    /* The call stack's. */
    uint32_t epoch; /* number of jumps before it was entered */
    uint32_t depth; /* open frames around it */
};

/* The stack that a thread runs on: the mapping that holds its stack pointer. low is inclusive, high
   exclusive. {0, 0} when it is not known: nothing is then forgotten or buried for being lower. */
struct stack_range {
    uint64_t low;
    uint64_t high;
};

/*
 * What the call instruction in front of the return address says. It decides what an entry is whose
 * slot and return address are those of an open frame. While no jump lies between the two entries
 * the older call must still be open, so this is a tail call, even if it is the very function called
 * there: functions that tail-call each other come back to the first one. After a jump:
 */
enum callstack_site {
    /* Calls through a register or memory, or was not read: a new call. */
    CALLSTACK_SITE_UNKNOWN,
    /* Directly calls the function entered: a new call. */
    CALLSTACK_SITE_CALLS_IT,
    /* Directly calls something else, which may be a PLT entry: a tail call, unless the function
       entered is the outermost one of the open frames on the slot. */
    CALLSTACK_SITE_CALLS_OTHER,
};

/* All zero is an empty one. */
struct callstack {
    struct callstack_node *nodes; /* from 1; 0 is none */
    uint32_t capacity;            /* nodes there is room for, a power of two */
    uint32_t used;                /* nodes[1..used] have been in use */
    uint32_t spare;               /* list of nodes free again */
    uint32_t *buckets;            /* slot -> innermost node on it; as many as capacity */
    uint32_t newest;              /* open frames by age, without buried ones */
    uint32_t open;                /* how many those are */
    uint32_t buried;
    uint32_t epoch;
    bool mixed;    /* mappings of this thread hold several stacks each */
    uint64_t lost; /* entries that could not be kept */
};

void callstack_free(struct callstack *cs);

/*
 * A call was entered. The caller fills its part of *frame, which is copied, and `depth` is given
 * back in it also when this fails. -ENOMEM or -E2BIG: the frame is not kept, its return will find
 * nothing; counted in `lost`.
 */
MUST_CHECK int callstack_enter(struct callstack *cs, struct frame *frame, enum callstack_site site,
                               struct stack_range stack);

/*
 * The thread has returned to `ret` by way of `slot`. Takes out the innermost frame that ends there
 * and copies it to *frame, with `depth` as it is now; false when there is none (left). To be called
 * until it is false: tail calls end together.
 */
bool callstack_return(struct callstack *cs, uint64_t slot, uint64_t ret, struct stack_range stack,
                      struct frame *frame);

/* The thread is about to leave, or has left, frames without returning from them. */
void callstack_jumped(struct callstack *cs);

/* Whether the innermost frame that is to return to `ret` by way of `slot` may have been left. */
bool callstack_in_doubt(const struct callstack *cs, uint64_t slot, uint64_t ret);

/* Those of them that may have been left have been. */
void callstack_left(struct callstack *cs, uint64_t slot, uint64_t ret);

/*
 * The thread is seen at stack pointer `sp`: frames with lower slots on that stack are forgotten or
 * buried, as described above. callstack_enter() and callstack_return() do so by themselves. After a
 * caught exception (at the entry of __cxa_begin_catch(), say), callstack_jumped() and this make the
 * depth right at once.
 */
void callstack_seen(struct callstack *cs, uint64_t sp, struct stack_range stack);

/* The number of open frames, those of other stacks included. */
uint32_t callstack_depth(const struct callstack *cs);

#endif
