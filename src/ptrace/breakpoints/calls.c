/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/calls.h"

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/stack_range.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"

static enum callstack_site call_site(const struct site *back, const struct site *entry)
{
    if (!back->has_direct_callee)
        return CALLSTACK_SITE_UNKNOWN;
    return target_addr_equal(back->direct_callee, entry->at) ? CALLSTACK_SITE_CALLS_IT
                                                             : CALLSTACK_SITE_CALLS_OTHER;
}

/* The call was left by an exception or a jump. */
static void tell_unwound(void *data, const struct frame *frame)
{
    const struct tracee *tracee = data;
    struct engine *engine = tracee->process->engine;
    const struct site *entry = frame->what;
    /* The function was disarmed, or armed for other kinds, while it ran. */
    if (!(entry->uses & SITE_ENTRY) || !(entry->kinds & HIT_EXIT) || entry->probe->resolves ||
        !(frame->kinds & HIT_ENTRY) || tracee->process->silent)
        return;
    const struct hit hit = {
        .probe = entry->probe,
        .kind = HIT_UNWOUND,
        .pid = tracee->process->pid,
        .tid = tracee->tid,
        .cpu = -1,
        .depth = frame->depth,
        .time_ns = tracee->frames.seen_ns,
        .ip = entry->at.value,
        .thread_name = tracee->name,
    };
    engine->stats.unwound++;
    if (engine->sink.unwound)
        engine->sink.unwound(engine->sink.data, &hit);
}

void calls_seen(struct tracee *tracee, uint64_t time_ns)
{
    struct callstack *frames = &tracee->frames;
    frames->unwound = tell_unwound;
    frames->unwound_data = tracee;
    frames->seen_ns = time_ns;
}

void calls_enter(struct tracee *tracee, struct site *entry, struct site *back, uint64_t slot,
                 uint64_t result_address, struct hit *hit)
{
    struct frame frame = {
        .slot = slot,
        .ret = hit->return_address,
        .what = entry,
        .time_ns = hit->time_ns,
        .thread_cpu_ns = hit->thread_cpu_ns,
        .kinds = entry->kinds,
        .result_address = result_address,
        .shares_slot = !arch_return_in_memory,
        .waiting = back ? &back->waiting : NULL,
    };
    calls_seen(tracee, hit->time_ns);
    if (back && callstack_enter(&tracee->frames, &frame, call_site(back, entry),
                                stack_range_of(tracee, slot, hit->time_ns)) == 0)
        hit->depth = frame.depth;
    else
        tracee->process->engine->stats.frames_lost++;
}
