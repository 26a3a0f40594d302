/* SPDX-License-Identifier: MIT */
#include "ptrace/core/stop_prefetch.h"

#include <signal.h>

#include "ptrace/arch/arch.h"
#include "ptrace/os/spans.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"

static target_addr *return_at(struct stop_prefetch *prefetch, target_addr pc)
{
    return &prefetch->returns[(pc.value ^ pc.value >> 6) % STOP_PREFETCH_RETURNS];
}

void stop_prefetch_read(struct stop_prefetch *prefetch, const struct stop *stop, bool reads)
{
    uint32_t cpu = 0;
    bool as_return = prefetch->as_return == stop->tid;
    prefetch->as_return = as_return ? 0 : prefetch->as_return;
    stop_prefetch_drop(prefetch);
    prefetch->tid = stop->tid;
    if (stop->kind != STOP_SIGNAL || stop->code != SIGTRAP ||
        arch_get_regs(stop->tid, &prefetch->regs) < 0)
        return;
    prefetch->has_regs = true;
    if (!reads || stop->tid != prefetch->last_tid || !prefetch->last_cpu_at.value)
        return;
    target_addr pc = arch_pc(&prefetch->regs);
    struct span spans[2], *cpu_span = NULL, *return_span = NULL;
    size_t n = 0;
    if (!prefetch->last_is_bound) {
        cpu_span = &spans[n++];
        *cpu_span = (struct span){.at = prefetch->last_cpu_at.value, .to = &cpu, .n = sizeof(cpu)};
    }
    if (arch_return_in_memory && !as_return && !target_addr_equal(*return_at(prefetch, pc), pc)) {
        return_span = &spans[n++];
        *return_span = (struct span){.at = arch_entry_slot(&prefetch->regs),
                                     .to = &prefetch->return_address,
                                     .n = sizeof(prefetch->return_address)};
    }
    if (n == 0)
        return;
    spans_read(stop->tid, -1, spans, n);
    prefetch->n_reads = 1;
    if (cpu_span && cpu_span->got == sizeof(cpu))
        prefetch->cpu = (int)cpu;
    prefetch->has_return = return_span && return_span->got == sizeof(prefetch->return_address);
}

void stop_prefetch_drop(struct stop_prefetch *prefetch)
{
    prefetch->tid = 0;
    prefetch->has_regs = prefetch->has_return = false;
    prefetch->cpu = -1;
    prefetch->n_reads = 0;
}

void stop_prefetch_learn(struct stop_prefetch *prefetch, pid_t tid, target_addr cpu_at,
                         bool is_bound)
{
    prefetch->last_tid = tid;
    prefetch->last_cpu_at = cpu_at;
    prefetch->last_is_bound = is_bound;
}

void stop_prefetch_learn_return(struct stop_prefetch *prefetch)
{
    target_addr pc = arch_pc(&prefetch->regs);
    *return_at(prefetch, pc) = pc;
}

bool stop_prefetch_take_regs(struct stop_prefetch *prefetch, pid_t tid, arch_regs *regs)
{
    if (prefetch->tid != tid || !prefetch->has_regs) {
        stop_prefetch_drop(prefetch);
        return false;
    }
    prefetch->has_regs = false;
    *regs = prefetch->regs;
    return true;
}
