/* SPDX-License-Identifier: MIT */
/*
 * A site: an address where threads are to be caught, what is wanted there, and what stood there.
 * How a site is served (today: a breakpoint, a stop, and a displaced copy of the instruction) is
 * not known to those who ask for one.
 *
 * Sites are made once per address and kept, planted or not, until the address space is gone: a
 * thread may still be in a slot when its breakpoint is lifted, so slots are never given back.
 */
#ifndef PTRACE_BREAKPOINTS_SITE_H
#define PTRACE_BREAKPOINTS_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/engine.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/table.h"

struct address_space;

enum site_use {
    SITE_ENTRY = 1,      /* a function's first instruction */
    SITE_RETURN = 2,     /* a return address */
    SITE_WATCH = 4,      /* somebody is to be called */
    SITE_JUMP = 8,       /* longjmp(): frames are left from here without returning */
    SITE_CONTEXT = 256,  /* setcontext(): frames may be left from here without returning */
    SITE_CATCH = 64,     /* __cxa_begin_catch(): frames have been left */
    SITE_THROW = 128,    /* the unwinder, called with an exception */
    SITE_SIGMASK = 16,   /* the C library's pthread_sigmask() */
    SITE_SIGACTION = 32, /* the C library's sigaction() */
    SITE_SYSCALL = 1024, /* the C library's syscall() */
    SITE_AFFINITY = 512, /* the C library's sched_getaffinity() and others of its kind */
};

struct watch {
    watch_reached *reached;
    void *data;
    struct watch *next;
};

struct site {
    target_addr at;
    unsigned uses; /* mask of enum site_use; planted while not 0 */
    bool planted;
    bool mapped; /* false once the code was unmapped; arming it looks at the code anew */
    uint8_t original[ARCH_TRAP_MAX];
    uint8_t covered; /* bytes of `code` that what is below was made from */
    uint8_t code[DISPLACED_CODE_MAX];

    enum displaced_kind kind;
    bool ambiguous; /* a stray SIGTRAP can stop a thread where our breakpoint would */
    uint8_t length; /* of the instruction at the site */
    uint8_t slot_length;
    uint8_t slot_room;
    uint8_t n_steps;
    struct displaced_step steps[DISPLACED_STEPS_MAX];
    target_addr slot; /* 0: none */

    /* SITE_ENTRY */
    const struct probe *probe;
    unsigned kinds;
    struct site *last_return; /* where it was last called from: the usual case without a look-up */

    /* SITE_RETURN: see return_sites.h */
    uint32_t waiting; /* calls, of all threads, that are to return here: see struct frame */
    bool on_demand;   /* planted only while there are any */
    uint8_t idle; /* how much idle stops cost more than returns on demand would, within bounds */
    uint16_t run; /* how many returns it is to be planted on demand for the next time */
    uint16_t run_left;    /* and how many are left of this time */
    struct site *callee;  /* a function seen to return here; more of them in callees */
    struct table callees; /* entry address -> struct site */
    bool has_direct_callee;
    target_addr direct_callee; /* the function that the call in front of here names */

    struct watch *watches;    /* SITE_WATCH */
    struct watch *next_watch; /* while they are called: the next one to be called */
};

/*
 * The site at `at`, made if need be, with a slot where it needs one. Nothing is planted. NULL with
 * the reason in err: no code there, no instruction a breakpoint may stand on.
 */
struct site *site_get(struct address_space *space, target_addr at, struct error *err);

/* Whether the code there is still what the site was made from. */
bool site_is_as_it_was(const struct address_space *space, const struct site *site);

/* Adds a use and plants the breakpoint if it is the first. */
MUST_CHECK int site_use(struct address_space *space, struct site *site, enum site_use use);
/* Takes a use away and lifts the breakpoint if it was the last. */
void site_unuse(struct address_space *space, struct site *site, enum site_use use);

/* Lifts the breakpoint and takes all uses away, if it can be lifted; else the site stays as it is.
 */
void site_rest(struct address_space *space, struct site *site);

/* Writes or takes away the breakpoint itself, whatever the uses: for a step in place. One that
   cannot be taken away stays planted, and threads pass it. */
MUST_CHECK int site_plant(struct address_space *space, struct site *site);
void site_lift(struct address_space *space, struct site *site);

/* A copy of the site for a copy of its address space; without its watches and links to other sites.
 */
struct site *site_copy(const struct site *site);
void site_free(struct site *site);
/* Frees the watches with this data, or all of them; also while they are called. The use stays. */
void site_drop_watches(struct site *site, bool all, const void *data);

#endif
