/* SPDX-License-Identifier: MIT */
/*
 * The open frames of one thread: traced calls that have not returned yet. Pure data, no ptrace.
 *
 * A frame is identified by its return slot (the address of its return address; see arch.h) and its
 * return address. A higher stack pointer alone does not end lower frames: coroutine stacks and
 * signal stacks can be anywhere. So a wrong heuristic costs a number in `depth`, not an exit:
 *
 *  - An entry on the slot of an open frame with another return address: the older call's return
 *    address is overwritten, so it cannot return any more. It is forgotten. But if return addresses
 *    are in a register (frame.shares_slot), the older call may have saved its own in another
 *    register, and is still open unless a jump may have left it. When it returns, the newer one is
 *    forgotten.
 *  - An entry with the same slot and return address: a tail call, and all frames of the slot end
 *    with one return, innermost first; or, after a jump, a new call from the same place, and the
 *    older frames are forgotten. enum callstack_site decides.
 *  - A jump (longjmp(), a caught exception) leaves frames without a return. Which ones is not known
 *    at once: all become doubtful. A doubtful frame is forgotten when the thread is seen higher on
 *    the same stack. A frame that is not doubtful is then *buried*: it no longer counts in `depth`,
 *    but its return is still accepted. If a buried frame does return, its mapping holds several
 *    stacks (allocated with malloc(), for example). From then on no frame of this thread is
 *    forgotten or buried for being lower.
 *
 * Entering and returning take constant time unless memory must grow. Memory grows with the depth
 * and is freed by callstack_free().
 */
#ifndef PTRACE_CORE_CALLSTACK_H
#define PTRACE_CORE_CALLSTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

enum {
    CALLSTACK_FRAMES_MAX = 1 << 20, /* open frames of a thread */
    /* Frames on one slot. Of a longer chain of tail calls (functions that tail-call each other) the
       outermost ones are kept, and the others count as lost. */
    CALLSTACK_CHAIN_MAX = 1024,
    /* How many frames on other stacks are skipped in a search for frames that were left. */
    CALLSTACK_LOOK_MAX = 32,
};

struct frame {
    /* Set by the caller. `what` identifies the function and is not dereferenced. */
    uint64_t slot;
    uint64_t ret;
    const void *what;
    uint64_t time_ns;
    uint64_t thread_cpu_ns; /* as in struct hit */
    unsigned kinds;
    uint64_t result_address; /* arch_result_address() */
    bool shares_slot;        /* !arch_return_in_memory */
    /* Counts the stored frames that point to it, in all call stacks, buried ones included. It must
       outlive them. NULL: not counted. */
    uint32_t *waiting;
    /* Set by the call stack. */
    uint32_t epoch; /* number of jumps before it was entered */
    uint32_t depth; /* open frames around it */
};

/* The stack that a thread is running on: the mapping that contains its stack pointer. low is
   inclusive, high is exclusive. {0, 0}: not known; no frame is then forgotten or buried for being
   lower. */
struct stack_range {
    uint64_t low;
    uint64_t high;
};

/*
 * The call instruction before the return address. It decides what an entry with the slot and the
 * return address of an open frame is. Without a jump between the two entries the older call is
 * still open. So this is a tail call, even of the function that was called there: functions that
 * tail-call each other come back to the first one. After a jump:
 */
enum callstack_site {
    /* An indirect call, or it was not read: a new call. */
    CALLSTACK_SITE_UNKNOWN,
    /* A direct call of the function entered: a new call. */
    CALLSTACK_SITE_CALLS_IT,
    /* A direct call of something else, which may be a PLT entry: a tail call, unless the function
       entered is the outermost open frame on the slot. */
    CALLSTACK_SITE_CALLS_OTHER,
};

/* All zero is an empty one. */
struct callstack {
    struct callstack_node *nodes; /* from index 1; 0 is none */
    uint32_t capacity;            /* nodes allocated, a power of two */
    uint32_t used;                /* nodes[1..used] have been in use */
    uint32_t spare;               /* list of free nodes */
    uint32_t *buckets;            /* slot -> innermost node on it; `capacity` of them */
    uint32_t newest;              /* list of open frames by age, without buried ones */
    uint32_t open;                /* number of those */
    uint32_t buried;
    uint32_t epoch;
    bool mixed; /* mappings of this thread hold several stacks each */
    /* Calls have returned in another order than the reverse one of their entries, or may do so:
       they are on several stacks, or were left in a way that was not seen. */
    bool out_of_order;
    uint64_t lost; /* entries that could not be stored */
    /* Set by the caller: called for each frame that was left by a jump and is forgotten, with the
       present `depth`, the innermost first. NULL: nobody asks. */
    void (*unwound)(void *data, const struct frame *frame);
    void *unwound_data;
    uint64_t seen_ns;      /* set by the caller before a change: when the thread was there */
    bool ends;             /* set by the caller: the thread is ending, no frame is unwound */
    uint32_t missed_epoch; /* of frames before this, returns may have been missed; 0: of none */
    void (*missed)(void *data, const struct frame *frame);
    void *missed_data;
};

void callstack_free(struct callstack *cs);

/*
 * A call was entered. The caller fills in its part of *frame, which is copied. `depth` is set in
 * it, also on failure. -ENOMEM or -E2BIG: the frame is not stored and its return will not be found;
 * it counts in `lost`.
 */
MUST_CHECK int callstack_enter(struct callstack *cs, struct frame *frame, enum callstack_site site,
                               struct stack_range stack);

/*
 * The thread has returned to `ret`, with the return slot `slot`. Removes the innermost frame that
 * ends there and copies it to *frame, with the present `depth`. false: there is none (left). To be
 * called until it returns false: tail calls end together.
 */
bool callstack_return(struct callstack *cs, uint64_t slot, uint64_t ret, struct stack_range stack,
                      struct frame *frame);

/* The thread is about to leave, or has left, frames without a return. If some were missed, it must
   have been seen where it is before. */
void callstack_jumped(struct callstack *cs);

/*
 * Entries and returns were missed just now. From then on a frame that was entered before, and is
 * forgotten, has probably returned: `missed` is called for each. Until the next jump, which may
 * leave frames that are open.
 */
void callstack_missed(struct callstack *cs, void (*missed)(void *data, const struct frame *frame),
                      void *data);

/* Whether the innermost frame with this slot and return address may have been left. */
bool callstack_in_doubt(const struct callstack *cs, uint64_t slot, uint64_t ret);

/* The frames with this slot and return address that may have been left have been: forgets them. */
void callstack_left(struct callstack *cs, uint64_t slot, uint64_t ret);

/*
 * The thread is seen with the stack pointer `sp`: frames with lower slots on that stack are
 * forgotten or buried, see above. callstack_enter() and callstack_return() include this. After a
 * caught exception (at the entry of __cxa_begin_catch(), for example), callstack_jumped() and this
 * function correct the depth at once.
 */
void callstack_seen(struct callstack *cs, uint64_t sp, struct stack_range stack);

/* The number of open frames, those on other stacks included. */
uint32_t callstack_depth(const struct callstack *cs);

#endif
