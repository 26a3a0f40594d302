/* SPDX-License-Identifier: MIT */
/*
 * The open calls of one thread, as far as events tell: a stack, and the calls that were jumped
 * over. An exit of a call shows that those inside it were left without an exit (an exception,
 * longjmp()) or are on another stack (a coroutine) and will return later. So they are kept for a
 * while, buried.
 *
 * All in constant time, or in the number of calls that are jumped over.
 */
#ifndef ANALYSIS_OPEN_CALLS_H
#define ANALYSIS_OPEN_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/call_visitor.h"
#include "util/error.h"
#include "util/table.h"

/* OPEN_CALLS_MAX: as many as the tracer follows of a thread. */
enum { BURIED_MAX = 1024, OPEN_CALLS_MAX = 1 << 20 };

struct open_call {
    struct call call;
    struct open_call *outer, *inner; /* on the stack, or in the list of buried calls */
    /* Of the same function: on the stack the next outer one, of buried calls the next older one. */
    struct open_call *same;
    struct open_call *same_newer; /* of buried calls */
    struct open_call *parent;     /* call.parent */
    uint32_t n_buried;            /* buried calls that have it as parent */
    uint64_t event;               /* the thread's events before its entry */
    uint32_t trace;               /* that its entry is in */
    bool has_depth;               /* it was recorded */
    bool is_passed; /* an exit of the function was taken for that of a call inside this one */
    /* Which of several calls has returned was not known: this one, or one of those that `same`
       leads to. */
    bool is_uncertain;
    enum call_doubt {
        DOUBT_LOST,   /* events were lost while it was open */
        DOUBT_PAUSED, /* the session may have been stopped */
        DOUBT_STACKS, /* the exit may be that of a call on another stack */
    } doubt;          /* why no time is known of it, when it has returned */
    bool is_twin;     /* another call of its function was open when one of both returned */
    bool is_buried;
    bool is_announced; /* entered() was called */
    max_align_t data[];
};

struct open_calls {
    struct traced_thread thread;
    struct open_call *top;
    struct open_call *buried; /* `outer` leads to the older ones */
    struct open_call *oldest; /* of the buried ones */
    uint32_t n, n_buried;
    /* Function ID * 2 + 1 -> its innermost call on the stack, + 2 -> its newest buried one. */
    struct table by_function;
    uint64_t events;           /* so far */
    uint64_t last_exit_ns;     /* if the last event was the exit of the call on top; else 0 */
    struct open_call *program; /* the call of main(), while it is open */
    uint64_t timed_twins;      /* calls that were twins, and have a time by the order of events */
    bool switches_stacks;      /* a buried call has returned, or it is known from elsewhere */
    bool was_too_deep;         /* there were more than OPEN_CALLS_MAX */
    /* Of these, calls whose exits have not come yet: function ID + 1 -> how many. */
    struct table given_up;
};

/* What an exit says. */
struct exit_values {
    bool has_depth, has_duration;
    bool is_untimed; /* a duration of 0 was recorded: the tracer knew none */
    uint32_t depth;
    uint64_t duration_ns;
};

struct exit_values exit_values_read(const struct trace_event *event);

void open_calls_free_table(struct open_calls *calls);
/* All calls on the stack are about to be given up, as there are too many. */
MUST_CHECK int open_calls_note_given_up(struct open_calls *calls);
/* Whether an exit of the function may be that of such a call, which is none of them from now on. */
bool open_calls_take_given_up(struct open_calls *calls, const struct traced_function *function);
/* -ENOMEM: nothing was changed. */
MUST_CHECK int open_calls_push(struct open_calls *calls, struct open_call *call);
/* Takes the top from the stack. */
struct open_call *open_calls_pop(struct open_calls *calls);
/* The innermost call of the function on the stack, and the newest buried one; NULL: none. */
struct open_call *open_calls_find(const struct open_calls *calls,
                                  const struct traced_function *function);
struct open_call *open_calls_find_buried(const struct open_calls *calls,
                                         const struct traced_function *function);
/* The innermost call on the stack of that function (unwound_calls_function()); NULL: there is none
   near the top. */
struct open_call *open_calls_find_unwound(const struct open_calls *calls, uint32_t function);
/* The call whose exit was recorded; NULL: none is known. *is_certain: it is that one and no other,
   as far as the thread's events tell. */
struct open_call *open_calls_choose(const struct open_calls *calls,
                                    const struct traced_function *function, uint64_t exit_ns,
                                    const struct exit_values *values, bool *is_certain);
/* Buries a call that was taken from the stack. -ENOMEM: nothing was changed. */
MUST_CHECK int open_calls_bury(struct open_calls *calls, struct open_call *call);
/* Takes a buried call from the list. */
void open_calls_dig(struct open_calls *calls, struct open_call *call);
/* The call has ended and is taken away: buried calls that it made have no parent any more. */
void open_calls_orphan(struct open_calls *calls, struct open_call *call);

#endif
