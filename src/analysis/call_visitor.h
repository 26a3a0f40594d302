/* SPDX-License-Identifier: MIT */
/*
 * Calls, as they are read: each is announced when its entry was read (entered), and once more when
 * it has ended or is known to have ended (left). Nothing is kept of calls that have ended.
 *
 * A time is never guessed. A call has a duration if its exit is certain to belong to its entry, or
 * if the duration itself was recorded (--with=duration).
 */
#ifndef ANALYSIS_CALL_VISITOR_H
#define ANALYSIS_CALL_VISITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/function_table.h"
#include "analysis/trace_event.h"
#include "analysis/traced_thread.h"

/* How a call ended. */
enum call_end {
    CALL_OPEN,      /* it has not, yet (in entered()) */
    CALL_RETURNED,  /* its exit was recorded */
    CALL_UNWOUND,   /* it was left without an exit: by an exception or longjmp() */
    CALL_LOST,      /* events were lost while it was open, or the session may have been stopped;
                       its exit may be one of those that were not recorded */
    CALL_REPLACED,  /* its program was replaced (execve), or its process has ended */
    CALL_AT_END,    /* still open at the end of the trace, or at options.end_ns */
    CALL_NO_EXITS,  /* exits of its function were not recorded */
    CALL_NO_THREAD, /* its thread is not known: entries and exits cannot be paired */
    CALL_ENDS,
};

struct call {
    struct traced_function *function;
    struct traced_thread *thread;
    /*
     * The innermost call that was open when this one was entered. NULL: none was, or it has ended
     * before this one (coroutines): the time of this call is then not part of another's.
     */
    struct call *parent;
    uint64_t entry_ns; /* the time of its entry's event */
    /* In left(): the time of its exit's event; without an exit, when it is known to have ended. */
    uint64_t end_ns;
    uint64_t duration_ns; /* if has_duration */
    bool has_duration;
    /*
     * Of the calls that were made by it: how many, the durations of those that have ended, and the
     * events of the thread between its entry and its exit, whichever they are. Calls of a call that
     * was left without an exit count for its parent, too, from then on.
     */
    uint64_t children;
    uint64_t child_ns;
    uint64_t inner_events;
    bool resumed; /* in left(): it returned after calls around it: it ran on another stack */
    bool is_seen_unwound; /* in left(): the tracer has seen at this time that it was left */
    bool before_range;    /* entered before options.begin_ns: not to be counted */
    bool follows_entry;   /* in left(): no event of the thread was between its entry and its exit */
    bool tail_called; /* in left(): it ended at the same time as the last call that it made, which
                         was a tail call */
    enum call_end end;
    uint32_t depth;      /* open calls of the thread around its entry, as recorded or as counted */
    uint32_t exit_depth; /* in left(): the same at its exit, or when it was seen to be left */
    void *data;          /* call_visitor.call_size bytes, zeroed at the entry: the consumer's */
};

/* Events that were not recorded, as the trace says, or may not have been. */
struct trace_gap {
    uint64_t begin_ns, end_ns; /* when; equal to the time of reading if the trace does not tell */
    uint64_t n_events;         /* 0: not known */
    uint64_t n_packets;        /* of a ring buffer that was overwritten; 0: none or not known */
    bool is_pause;             /* the session may have been stopped: nothing is known to be lost */
};

/*
 * A member that is NULL is not called. A callback returns 0, or a negative errno, which ends the
 * reading (trace_reader_run() returns it). All calls are passed, whether selected or not: the
 * consumer looks at function->selected. In the order of time; calls that were left without an exit
 * are passed to left() when this is known for certain, which may be much later.
 */
struct call_visitor {
    void *data;
    size_t call_size; /* bytes of call.data */
    /* `event`: its entry; NULL: it was read before options.begin_ns. */
    int (*entered)(void *data, struct call *call, const struct trace_event *event);
    /* `event`: its exit; NULL if there is none. Calls that were made by this one and are open have
       their `parent` cleared afterwards. */
    int (*left)(void *data, struct call *call, const struct trace_event *event);
    /* An exit without an entry: the call was entered before the recording, its entry was lost, or
       its thread is not known. A recorded duration is in *duration_ns; else that is NULL. */
    int (*lone_exit)(void *data, struct traced_thread *thread, const struct trace_event *event,
                     uint32_t depth, const uint64_t *duration_ns);
    int (*gap)(void *data, const struct trace_gap *gap);
};

/* What was read, for a line of the command. */
struct call_counts {
    uint64_t events;          /* of functions, in the range and of the wanted threads */
    uint64_t other_events;    /* all others */
    uint64_t calls;           /* entries */
    uint64_t ends[CALL_ENDS]; /* of these, by how they ended */
    uint64_t no_duration;     /* returned, but events were lost in between */
    uint64_t paused;          /* returned, but the session may have been stopped in between */
    uint64_t uncertain;       /* returned, or another one on another stack */
    uint64_t swapped; /* returned with a time, which may be that of another one, before it showed
                         that the thread switches between stacks */
    uint64_t resumed, tail_called; /* struct call */
    bool switches_stacks;          /* a thread is known to do so, from elsewhere */
    uint64_t too_deep;             /* of those that are LOST: more were open than are followed */
    uint64_t lone_exits;           /* exits without an entry, without those after losses */
    uint64_t lost_entries; /* exits without an entry, after losses, a stop, or too many calls:
                              not those of the calls that are too_deep */
    uint64_t ambiguous;    /* recursive calls that were left without an exit, or are on another
                              stack, may have taken each other's (there is no recorded depth) */
    uint64_t gaps, lost_events, lost_packets;
    uint64_t pauses;                   /* the session may have been stopped and started so often */
    uint64_t without_tid, without_pid; /* events */
};

#endif
