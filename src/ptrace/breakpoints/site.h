/* SPDX-License-Identifier: MIT */
/*
 * A site: an address at which threads are to stop, what is wanted there, and the original code.
 * Users of a site do not know how it stops threads (today by a breakpoint and a displaced copy of
 * the instruction).
 *
 * A site is created once per address. It exists, planted or not, as long as its address space: a
 * thread may still be in the slot when the breakpoint is removed, so slots are never freed.
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
struct site;

enum site_use {
    SITE_ENTRY = 1,         /* a function's first instruction */
    SITE_RETURN = 2,        /* an address that a traced call returns to */
    SITE_WATCH = 4,         /* call a function of the engine's user */
    SITE_JUMP = 8,          /* longjmp(): leaves frames without a return */
    SITE_CONTEXT = 256,     /* setcontext(): may leave frames without a return */
    SITE_CATCH = 64,        /* __cxa_begin_catch(): frames have been left */
    SITE_THROW = 128,       /* the unwinder's functions that take an exception object */
    SITE_SIGMASK = 16,      /* the C library's pthread_sigmask() */
    SITE_SIGACTION = 32,    /* the C library's sigaction() */
    SITE_SYSCALL = 1024,    /* the C library's syscall() */
    SITE_STACKS = 2048,     /* makecontext(), swapcontext(), setcontext() */
    SITE_PROTECT = 4096,    /* mprotect() */
    SITE_THREAD_END = 8192, /* _Unwind_ForcedUnwind() */
    SITE_AFFINITY = 512,    /* the C library's sched_getaffinity() and similar functions */
};

struct watch {
    watch_reached *reached;
    void *data;
    struct watch *next;
};

/* What a breakpoint at the site needs. */
struct site_trap {
    uint8_t original[ARCH_TRAP_MAX];
    uint8_t covered; /* bytes of `code` that the members below are derived from */
    uint8_t code[DISPLACED_CODE_MAX];

    enum displaced_kind kind;
    bool ambiguous;   /* a SIGTRAP sent by another process can look like this breakpoint's */
    bool system_call; /* the instruction at the site is one */
    uint8_t length;   /* of the instruction at the site */
    uint8_t slot_length;
    uint8_t slot_room;
    uint8_t n_steps;
    struct displaced_step steps[DISPLACED_STEPS_MAX];
    target_addr slot; /* 0: none */
};

/* Room for a jump (x86-64: 5 bytes). */
enum { SITE_JUMP_MAX = 8 };

/* The jump that can be planted at a site in place of the breakpoint: see ptrace/jumps/jump.h. */
struct site_jump {
    uint8_t length; /* of the jump; 0: the site has none */
    uint8_t skip;   /* it begins so many bytes behind the site's address */
    uint8_t bytes[SITE_JUMP_MAX];
    uint8_t original[SITE_JUMP_MAX]; /* the code that it replaces */
    bool planted;                    /* the jump is planted, not the breakpoint */
    uint16_t heat;                   /* stops since the site was planted */
    /* 1 + the kind of the results of functions that are known to return there; 0: none are. See
       ptrace/jumps/result_kinds.h. */
    uint8_t results;
    struct jump *jump;  /* all else about it; NULL: the site has none */
    struct jump *made;  /* a list of all that were made for the site */
    const char *reason; /* why it can have none, a static text; NULL: it may */
};

/*
 * How threads are stopped at a site. What is wanted there (its uses and what belongs to them) does
 * not depend on it.
 */
struct site_method {
    /* Reads the code at the site and prepares all that is needed to plant there. Plants nothing. A
       negative errno, with the reason in err. */
    int (*prepare)(struct address_space *space, struct site *site, struct error *err);
    /* Whether the code at the site is still what prepare() has read. */
    bool (*is_current)(const struct address_space *space, const struct site *site);
    /* The code was replaced while nothing was planted: drops what was prepared. */
    void (*discard)(struct site *site);
    /* Writes to the program's code. 0 or a negative errno. */
    int (*plant)(struct address_space *space, struct site *site);
    /* Restores the program's code. -EIO, -ESRCH, -ENOENT: the breakpoint is not there. Another
       errno says nothing about the code: try again. */
    int (*lift)(struct address_space *space, const struct site *site);
    /* Where a thread that was stopped at the planted site continues. false: step_in_place()
       is needed. */
    bool (*pass)(const struct site *site, target_addr *to);
};

struct site {
    target_addr at;
    unsigned uses; /* mask of enum site_use; planted while not 0 */
    bool planted;
    bool mapped; /* false once the code was unmapped; arming reads the code again */
    const struct site_method *method; /* how threads are stopped there */
    struct site_trap trap;            /* with a breakpoint: see site_trap.h */
    struct site_jump jump;

    /* For SITE_ENTRY. */
    const struct probe *probe;
    unsigned kinds;
    struct site *last_return; /* the most recent return site: usually the next one, too */

    /* For SITE_RETURN: see return_sites.h. */
    uint32_t waiting;     /* calls, of all threads, expected to return here: see struct frame */
    bool on_demand;       /* planted only while `waiting` is not 0 */
    uint8_t idle;         /* score of idle stops against returns: see return_sites.c */
    uint16_t run;         /* returns for which it is planted on demand the next time */
    uint16_t run_left;    /* returns left of the current time */
    struct site *callee;  /* a function that returned here; further ones are in `callees` */
    struct table callees; /* entry address -> struct site */
    bool in_return_table; /* jumps count on it: it stays planted. See ptrace/jumps/rings.h */
    bool has_direct_callee;
    target_addr direct_callee; /* the function that the preceding direct call names */

    struct watch *watches;    /* for SITE_WATCH */
    struct watch *next_watch; /* while they are called: the next one to call */
};

/*
 * Returns the site at `at`. Creates it if needed, with a slot if it needs one. Plants nothing.
 * NULL, with the reason in err: no code there, or an instruction at which no breakpoint can be
 * planted.
 */
struct site *site_get(struct address_space *space, target_addr at, struct error *err);

/* Adds a use. Plants the breakpoint if it is the first. */
MUST_CHECK int site_use(struct address_space *space, struct site *site, enum site_use use);
/* Removes a use. Removes the breakpoint if it was the last. */
void site_unuse(struct address_space *space, struct site *site, enum site_use use);

/* Removes the breakpoint and all uses. If the breakpoint cannot be removed, the site is
   unchanged. */
void site_disable(struct address_space *space, struct site *site);

/* Plants or removes the breakpoint, whatever the uses: for a step in place. A breakpoint that
   cannot be removed stays planted, and threads pass it. */
MUST_CHECK int site_plant(struct address_space *space, struct site *site);
void site_lift(struct address_space *space, struct site *site);

/* A copy of the site for a copy of its address space, without its watches and its links to other
   sites. */
struct site *site_copy(const struct site *site);
void site_free(struct site *site);
/* Frees the watches with this `data`, or all of them. May be called while they are called. The use
   stays. */
void site_drop_watches(struct site *site, bool all, const void *data);

#endif
