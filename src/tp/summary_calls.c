/* SPDX-License-Identifier: MIT */
#include "tp/summary_calls.h"

#include <errno.h>

enum {
    /* How many open calls are looked at for the one that returns, if its time is not known. */
    LOOK_MAX = 16,
};

struct summary_call {
    struct call_time time; /* the first member: the thread's chain leads to calls */
    pid_t tid;
    uint32_t depth;
    bool is_left; /* in summary_calls.left */
    struct summary_call *left_older, *left_newer;
    struct summary_call *next_spare;
};

struct summary_thread {
    struct timed_thread times;
    struct summary_thread *next_spare;
};

static struct summary_call *call_of(struct call_time *time)
{
    return (struct summary_call *)(void *)time;
}

/* ---- Memory */

static void spare_call(struct summary_calls *calls, struct summary_call *call)
{
    call->next_spare = calls->spare_calls;
    calls->spare_calls = call;
    calls->n_spare_calls++;
}

static void spare_thread(struct summary_calls *calls, struct summary_thread *thread)
{
    thread->next_spare = calls->spare_threads;
    calls->spare_threads = thread;
    calls->n_spare_threads++;
}

static int reserve_calls(struct summary_calls *calls, size_t n)
{
    size_t more = n > calls->n_spare_calls ? n - calls->n_spare_calls : 0;
    if (calls->n_calls + more > SUMMARY_CALLS_MAX)
        return -E2BIG;
    struct summary_call *added = more ? arena_array(&calls->memory, more, sizeof(*added)) : NULL;
    if (more && !added)
        return -ENOMEM;
    for (size_t i = 0; i < more; i++)
        spare_call(calls, &added[i]);
    calls->n_calls += more;
    return 0;
}

static int reserve_threads(struct summary_calls *calls, size_t n)
{
    size_t more = n > calls->n_spare_threads ? n - calls->n_spare_threads : 0;
    if (calls->n_threads + more > SUMMARY_THREADS_MAX)
        return -E2BIG;
    struct summary_thread *added = more ? arena_array(&calls->memory, more, sizeof(*added)) : NULL;
    if (more && !added)
        return -ENOMEM;
    for (size_t i = 0; i < more; i++)
        spare_thread(calls, &added[i]);
    calls->n_threads += more;
    return 0;
}

/* The threads without an open call, most of which have ended, are forgotten: it costs a look-up
   when they call again. */
static void drop_idle_threads(struct summary_calls *calls)
{
    struct summary_thread *thread;
    for (size_t at = 0; (thread = table_next(&calls->threads, &at));)
        if (!thread->times.current) {
            table_remove(&calls->threads, thread->times.number);
            spare_thread(calls, thread);
        }
}

bool summary_calls_need(const struct summary_calls *calls, size_t n_calls, size_t n_threads)
{
    return calls->n_spare_calls < n_calls / 2 || calls->n_spare_threads < n_threads / 2 ||
           table_room(&calls->times.nesting) < n_calls / 2 ||
           table_room(&calls->threads) < n_threads / 2;
}

int summary_calls_reserve(struct summary_calls *calls, size_t n_calls, size_t n_threads)
{
    if (calls->n_spare_threads < n_threads / 2)
        drop_idle_threads(calls);
    int r = reserve_calls(calls, n_calls), r_threads = reserve_threads(calls, n_threads);
    r = r < 0 ? r : r_threads;
    if (r == 0)
        r = call_times_reserve(&calls->times, n_calls);
    if (r == 0)
        r = table_reserve(&calls->threads, n_threads);
    if (r == 0 && !calls->left.entries)
        r = table_reserve(&calls->left, SUMMARY_LEFT_MAX + 1);
    return r;
}

void summary_calls_free(struct summary_calls *calls)
{
    call_times_free(&calls->times);
    table_free(&calls->threads);
    table_free(&calls->left);
    arena_free(&calls->memory);
    *calls = (struct summary_calls){0};
}

/* ---- Calls that were left */

static uint64_t left_key(pid_t tid, uint64_t entry_ns)
{
    return entry_ns ^ (uint64_t)tid << 40;
}

static void unlist_left(struct summary_calls *calls, struct summary_call *call)
{
    table_remove(&calls->left, left_key(call->tid, call->time.entry_ns));
    if (call->left_older)
        call->left_older->left_newer = call->left_newer;
    else
        calls->left_first = call->left_newer;
    if (call->left_newer)
        call->left_newer->left_older = call->left_older;
    else
        calls->left_last = call->left_older;
    call->is_left = false;
}

/* The call was left without a return. It may run on another stack. */
static void leave_call(struct summary_calls *calls, struct summary_thread *thread,
                       struct summary_call *call)
{
    uint64_t key = left_key(call->tid, call->time.entry_ns);
    call_times_left(&calls->times, &thread->times, &call->time);
    if (calls->left.count >= SUMMARY_LEFT_MAX) {
        struct summary_call *oldest = calls->left_first;
        unlist_left(calls, oldest);
        spare_call(calls, oldest);
    }
    if (table_room(&calls->left) == 0 || table_get(&calls->left, key) ||
        table_put(&calls->left, key, call) < 0) {
        spare_call(calls, call);
        return;
    }
    call->is_left = true;
    call->left_older = calls->left_last;
    call->left_newer = NULL;
    if (calls->left_last)
        calls->left_last->left_newer = call;
    else
        calls->left_first = call;
    calls->left_last = call;
}

/* ---- */

static struct summary_thread *find_thread(const struct summary_calls *calls, pid_t tid)
{
    return table_get(&calls->threads, (uint64_t)tid);
}

static struct summary_thread *add_thread(struct summary_calls *calls, pid_t tid)
{
    struct summary_thread *thread = calls->spare_threads;
    if (!thread || table_room(&calls->threads) == 0 ||
        table_put(&calls->threads, (uint64_t)tid, thread) < 0)
        return NULL;
    calls->spare_threads = thread->next_spare;
    calls->n_spare_threads--;
    *thread = (struct summary_thread){.times.number = (uint32_t)tid};
    return thread;
}

static struct summary_call *innermost(const struct summary_thread *thread)
{
    return thread->times.current ? call_of(thread->times.current) : NULL;
}

bool summary_calls_enter(struct summary_calls *calls, const struct hit *hit, uint32_t key)
{
    struct summary_thread *thread = find_thread(calls, hit->tid);
    struct summary_call *call;
    if (!thread && !(thread = add_thread(calls, hit->tid)))
        return false;
    /* The engine counts so many calls as open: the others have been left. */
    while ((call = innermost(thread)) && call->depth >= hit->depth)
        leave_call(calls, thread, call);
    call = calls->spare_calls;
    if (!call)
        return false;
    calls->spare_calls = call->next_spare;
    calls->n_spare_calls--;
    *call = (struct summary_call){.tid = hit->tid, .depth = hit->depth};
    call_times_enter(&calls->times, &thread->times, &call->time, key, hit->time_ns, calls->costs);
    return true;
}

void summary_calls_measured(struct summary_calls *calls, pid_t tid, uint64_t ns)
{
    struct summary_thread *thread = find_thread(calls, tid);
    if (thread && calls->costs)
        call_times_stopped(&thread->times, ns);
}

/* The open call that was entered at that time. */
static struct summary_call *find_by_time(struct summary_calls *calls,
                                         const struct summary_thread *thread, uint64_t entry_ns,
                                         uint32_t key)
{
    struct call_time *time = thread->times.current;
    for (; time && time->entry_ns >= entry_ns; time = time->outer)
        if (time->entry_ns == entry_ns && time->key == key)
            return call_of(time);
    struct summary_call *left =
        table_get(&calls->left, left_key((pid_t)thread->times.number, entry_ns));
    return left && left->time.key == key && left->time.entry_ns == entry_ns ? left : NULL;
}

/* The innermost open call of the function; at that depth, if there is one. */
static struct summary_call *find_by_depth(const struct summary_thread *thread, uint32_t depth,
                                          uint32_t key)
{
    struct summary_call *found = NULL;
    struct call_time *time = thread->times.current;
    for (unsigned n = 0; time && n < LOOK_MAX; time = time->outer, n++) {
        if (time->key != key)
            continue;
        if (call_of(time)->depth == depth)
            return call_of(time);
        found = found ? found : call_of(time);
    }
    return found;
}

bool summary_calls_return(struct summary_calls *calls, const struct hit *hit, uint32_t key,
                          struct summary_return *result)
{
    struct summary_thread *thread = find_thread(calls, hit->tid);
    struct summary_call *call = NULL, *inner;
    *result = (struct summary_return){0};
    if (thread && hit->duration_ns)
        call = find_by_time(calls, thread, hit->time_ns - hit->duration_ns, key);
    if (thread && !call)
        call = find_by_depth(thread, hit->depth, key);
    if (!call)
        return false;
    while (!call->is_left && (inner = innermost(thread)) != call)
        leave_call(calls, thread, inner);
    result->is_timed = hit->duration_ns > 0;
    call->time.is_unknown = !result->is_timed;
    call->time.cpu_ns = hit->cpu_ns;
    call_times_return(&calls->times, &thread->times, &call->time, hit->time_ns, calls->costs,
                      &result->duration);
    if (call->is_left)
        unlist_left(calls, call);
    spare_call(calls, call);
    return true;
}
