/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/calls.h"

#include "model/hit.h"
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
    if (back && callstack_enter(&tracee->frames, &frame, call_site(back, entry),
                                stack_range_of(tracee, slot, hit->time_ns)) == 0)
        hit->depth = frame.depth;
    else
        tracee->process->engine->stats.frames_lost++;
}
