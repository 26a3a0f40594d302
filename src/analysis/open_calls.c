/* SPDX-License-Identifier: MIT */
#include "analysis/open_calls.h"

#include "util/text.h"

/* Of a function's buried calls so many are looked at for the one that has returned; of those on the
   stack, for the one that was left. */
enum { LOOK_MAX = 64 };

static uint64_t stack_key(const struct traced_function *function)
{
    return (uint64_t)function->id * 2 + 1;
}

static uint64_t buried_key(const struct traced_function *function)
{
    return (uint64_t)function->id * 2 + 2;
}

void open_calls_free_table(struct open_calls *calls)
{
    table_free(&calls->by_function);
    table_free(&calls->given_up);
}

static uintptr_t given_up_of(const struct open_calls *calls, uint64_t key)
{
    return (uintptr_t)table_get(&calls->given_up, key);
}

int open_calls_note_given_up(struct open_calls *calls)
{
    int rc = 0;
    for (const struct open_call *call = calls->top; call && rc == 0; call = call->outer) {
        uint64_t key = (uint64_t)call->call.function->id + 1;
        rc = table_put(&calls->given_up, key, (void *)(given_up_of(calls, key) + 1));
    }
    return rc;
}

bool open_calls_take_given_up(struct open_calls *calls, const struct traced_function *function)
{
    uint64_t key = (uint64_t)function->id + 1;
    uintptr_t n = calls->was_too_deep ? given_up_of(calls, key) : 0;
    /* The table has the key already. */
    if (n <= 1 || table_put(&calls->given_up, key, (void *)(n - 1)) < 0)
        table_remove(&calls->given_up, key);
    return n > 0;
}

struct open_call *open_calls_find(const struct open_calls *calls,
                                  const struct traced_function *function)
{
    return table_get(&calls->by_function, stack_key(function));
}

struct open_call *open_calls_find_buried(const struct open_calls *calls,
                                         const struct traced_function *function)
{
    return calls->n_buried ? table_get(&calls->by_function, buried_key(function)) : NULL;
}

/* The table has the key already, or the call is NULL: this takes no memory. */
static void replace_call(struct open_calls *calls, uint64_t key, struct open_call *call)
{
    if (!call || table_put(&calls->by_function, key, call) < 0)
        table_remove(&calls->by_function, key);
}

int open_calls_push(struct open_calls *calls, struct open_call *call)
{
    call->same = open_calls_find(calls, call->call.function);
    int rc = table_put(&calls->by_function, stack_key(call->call.function), call);
    if (rc < 0)
        return rc;
    call->outer = calls->top;
    call->inner = NULL;
    if (calls->top)
        calls->top->inner = call;
    calls->top = call;
    calls->n++;
    return 0;
}

/* A call that is uncertain is taken from its list. */
static void pass_doubt(struct open_call *call)
{
    if (call->is_uncertain && call->same)
        call->same->is_uncertain = true;
}

struct open_call *open_calls_pop(struct open_calls *calls)
{
    struct open_call *call = calls->top;
    pass_doubt(call);
    replace_call(calls, stack_key(call->call.function), call->same);
    if (calls->program == call)
        calls->program = NULL;
    calls->top = call->outer;
    if (calls->top)
        calls->top->inner = NULL;
    calls->n--;
    return call;
}

int open_calls_bury(struct open_calls *calls, struct open_call *call)
{
    struct open_call *older = open_calls_find_buried(calls, call->call.function);
    int rc = table_put(&calls->by_function, buried_key(call->call.function), call);
    if (rc < 0)
        return rc;
    call->same = older;
    call->same_newer = NULL;
    if (older)
        older->same_newer = call;
    call->outer = calls->buried;
    call->inner = NULL;
    if (calls->buried)
        calls->buried->inner = call;
    else
        calls->oldest = call;
    calls->buried = call;
    calls->n_buried++;
    call->is_buried = true;
    if (call->parent)
        call->parent->n_buried++;
    return 0;
}

void open_calls_dig(struct open_calls *calls, struct open_call *call)
{
    pass_doubt(call);
    if (call->same_newer)
        call->same_newer->same = call->same;
    else
        replace_call(calls, buried_key(call->call.function), call->same);
    if (call->same)
        call->same->same_newer = call->same_newer;
    if (call->inner)
        call->inner->outer = call->outer;
    else
        calls->buried = call->outer;
    if (call->outer)
        call->outer->inner = call->inner;
    else
        calls->oldest = call->inner;
    calls->n_buried--;
    call->is_buried = false;
    if (call->parent)
        call->parent->n_buried--;
}

void open_calls_orphan(struct open_calls *calls, struct open_call *call)
{
    for (struct open_call *child = calls->buried; child && call->n_buried; child = child->outer)
        if (child->parent == call) {
            child->parent = NULL;
            child->call.parent = NULL;
            call->n_buried--;
        }
}

struct open_call *open_calls_find_unwound(const struct open_calls *calls, uint32_t function)
{
    struct open_call *call = calls->top;
    for (int i = 0; i < LOOK_MAX && call; i++, call = call->outer) {
        const struct traced_function *own = call->call.function;
        if ((uint32_t)text_hash(text_hash_event(own->module, own->name), "_entry") == function)
            return call;
    }
    return NULL;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a < b ? b - a : a - b;
}

static struct open_call *nearer(struct open_call *a, struct open_call *b, uint64_t time_ns)
{
    if (!a || !b)
        return a ? a : b;
    return distance(b->call.entry_ns, time_ns) < distance(a->call.entry_ns, time_ns) ? b : a;
}

/* Of the calls of a function on the stack, from `call` outwards, the one that was entered nearest
   to `time_ns`. Those that are passed were left without an exit: each is passed once. */
static struct open_call *nearest_on_stack(struct open_call *call, uint64_t time_ns)
{
    struct open_call *later = NULL;
    for (; call && call->call.entry_ns > time_ns; call = call->same)
        later = call;
    return nearer(later, call, time_ns);
}

static struct open_call *nearest_buried(struct open_call *call, uint64_t time_ns)
{
    struct open_call *best = NULL;
    for (int i = 0; i < LOOK_MAX && call; i++, call = call->same)
        best = nearer(best, call, time_ns);
    return best;
}

/* The one of that depth on the stack. *is_uncertain: whether it, or one inside it, is. */
static struct open_call *of_depth(struct open_call *innermost, uint32_t depth, bool *is_uncertain)
{
    struct open_call *call = innermost;
    *is_uncertain = call && call->is_uncertain;
    while (call && call->has_depth && call->call.depth > depth) {
        call = call->same;
        *is_uncertain |= call && call->is_uncertain;
    }
    return call && call->has_depth && call->call.depth == depth ? call : NULL;
}

/* The newest buried one of that depth. *is_uncertain: or another one of these. */
static struct open_call *buried_of_depth(struct open_call *newest, uint32_t depth,
                                         bool *is_uncertain)
{
    struct open_call *found = NULL, *call = newest;
    *is_uncertain = false;
    for (int i = 0; i < LOOK_MAX && call; i++, call = call->same) {
        bool fits = call->has_depth && call->call.depth == depth;
        *is_uncertain |= call->is_uncertain || (fits && found);
        found = fits && !found ? call : found;
    }
    *is_uncertain |= call != NULL;
    return found;
}

/*
 * The call on the stack by name and depth, or another one whose entry is much nearer to the time
 * that the duration tells. Events of LTTng have the time at which they were emitted, a little after
 * that of the call, and both differ by a varying time.
 */
static struct open_call *by_duration(struct open_call *open, struct open_call *on_stack,
                                     struct open_call *buried, uint64_t entry_ns)
{
    enum { FACTOR = 4, SLACK_NS = 2000 };
    struct open_call *best =
        nearer(nearest_on_stack(on_stack, entry_ns), nearest_buried(buried, entry_ns), entry_ns);
    /* In our own traces both times are the call's. */
    if (!open || distance(best->call.entry_ns, entry_ns) <= 1)
        return best;
    return distance(open->call.entry_ns, entry_ns) / FACTOR >
                   distance(best->call.entry_ns, entry_ns) + SLACK_NS / FACTOR
               ? best
               : open;
}

/* Which call has returned is not known, nor is it of later exits: of any call, or of buried ones,
   which may be those that were left by an exception and never return. */
static void doubt_all(struct open_call *on_stack, struct open_call *buried)
{
    if (on_stack)
        on_stack->is_uncertain = true;
    if (buried)
        buried->is_uncertain = true;
}

static struct open_call *by_order(const struct open_calls *calls, struct open_call *on_stack,
                                  struct open_call *buried, bool *is_certain)
{
    struct open_call *call = on_stack ? on_stack : buried;
    bool has_others = on_stack ? on_stack->same || buried : buried->same != NULL;
    if (has_others && (calls->switches_stacks || !on_stack))
        doubt_all(on_stack, buried);
    else
        doubt_all(NULL, on_stack ? buried : NULL);
    /* Without a call around it the exit may be that of a call which was entered before the
       recording. */
    *is_certain = !call->is_uncertain && (on_stack || (!call->is_passed && calls->n > 0));
    return call;
}

/* Where stacks are switched, the same depth may be that of several calls, and the depth of one call
   be another one at its exit than at its entry: it makes nothing certain. */
static struct open_call *by_depth(const struct open_calls *calls, struct open_call *on_stack,
                                  struct open_call *buried, uint32_t depth, bool *is_certain)
{
    bool is_uncertain, is_buried_uncertain;
    struct open_call *call = of_depth(on_stack, depth, &is_uncertain);
    if (call && !calls->switches_stacks) {
        doubt_all(NULL, buried);
        *is_certain = !is_uncertain;
        return call;
    }
    struct open_call *other = buried_of_depth(buried, depth, &is_buried_uncertain);
    if (calls->switches_stacks) {
        struct open_call *by_name = by_order(calls, on_stack, buried, is_certain);
        return call ? call : other ? other : by_name;
    }
    if (other && is_buried_uncertain)
        doubt_all(on_stack, buried);
    *is_certain = !is_buried_uncertain;
    if (other)
        return other;
    call = by_order(calls, on_stack, buried, is_certain);
    *is_certain = *is_certain && !call->has_depth;
    return call;
}

static struct open_call *choose_by_values(const struct open_calls *calls,
                                          struct open_call *on_stack, struct open_call *buried,
                                          uint64_t exit_ns, const struct exit_values *values,
                                          bool *is_certain)
{
    struct open_call *open = on_stack;
    bool is_uncertain;
    if (!values->has_duration)
        return values->has_depth ? by_depth(calls, on_stack, buried, values->depth, is_certain)
                                 : by_order(calls, on_stack, buried, is_certain);
    if (open && open->same && values->has_depth)
        open = of_depth(open, values->depth, &is_uncertain);
    open = open ? open : on_stack;
    if ((open && open->same) || buried)
        open = by_duration(open, on_stack, buried, exit_ns - values->duration_ns);
    return open ? open : buried;
}

struct open_call *open_calls_choose(const struct open_calls *calls,
                                    const struct traced_function *function, uint64_t exit_ns,
                                    const struct exit_values *values, bool *is_certain)
{
    struct open_call *on_stack = open_calls_find(calls, function);
    struct open_call *buried = open_calls_find_buried(calls, function);
    *is_certain = true;
    if (!on_stack && !buried)
        return NULL;
    struct open_call *open = choose_by_values(calls, on_stack, buried, exit_ns, values, is_certain);
    struct open_call *others[] = {on_stack, buried, open->same};
    for (int i = 0; i < 3; i++)
        if (others[i] && others[i] != open)
            open->is_twin = others[i]->is_twin = true;
    return open;
}

struct exit_values exit_values_read(const struct trace_event *event)
{
    struct exit_values values = {.has_depth = trace_event_has(event, EXTRA_DEPTH),
                                 .has_duration = trace_event_has(event, EXTRA_DURATION)};
    if (values.has_depth)
        values.depth = (uint32_t)trace_event_extra(event, EXTRA_DEPTH);
    if (values.has_duration)
        values.duration_ns = trace_event_extra(event, EXTRA_DURATION);
    values.is_untimed = values.has_duration && values.duration_ns == 0;
    values.has_duration = values.duration_ns != 0;
    return values;
}
