/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/measured_stop.h"

#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "util/clock.h"

/* Entries between two that are measured: so many, and a fraction of all before. */
enum { EVERY = 32, EVERY_PART = 16 };

void measured_stop_consider(struct tracee *tracee, uint64_t thread_cpu_ns)
{
    struct engine *engine = tracee->process->engine;
    if (!engine->measures_stops || engine->stats.calls < engine->measure_at_call)
        return;
    engine->measure_at_call =
        engine->stats.calls + (engine->options.measure_every
                                   ? engine->options.measure_every
                                   : EVERY + engine->stats.calls / EVERY_PART);
    tracee->measured_from_cpu_ns = thread_cpu_ns;
    tracee->measured_from_ns = clock_now_ns();
}

void measured_stop_begin(struct tracee *tracee, const struct site *site, const arch_regs *regs,
                         target_addr *to)
{
    struct engine *engine = tracee->process->engine;
    if (!tracee->measured_from_ns)
        return;
    if (site->uses != SITE_ENTRY || !site->planted || tracee->left_trap || tracee->trap_block ||
        tracee->process->trap.special || tracee->deferred_trap.si_signo) {
        tracee->measured_from_ns = 0;
        return;
    }
    *to = site->at;
    tracee->measured_as_return = engine->stats.measured_stops++ % 2 == 0;
    engine->acting->prefetch.as_return = tracee->measured_as_return ? tracee->tid : 0;
    tracee->retry_at = site->at;
    tracee->retry_sp = arch_sp(regs);
}

uint64_t measured_stop_end(struct tracee *tracee, bool retried)
{
    uint64_t from_ns = tracee->measured_from_ns, now_ns = from_ns && retried ? clock_now_ns() : 0;
    tracee->measured_from_ns = 0;
    return now_ns > from_ns ? now_ns - from_ns : 0;
}

void measured_stop_cancel(struct tracee *tracee, arch_regs *regs)
{
    target_addr at = tracee->retry_at, to = at;
    bool measures = tracee->measured_from_ns != 0;
    tracee->measured_from_ns = 0;
    if (!measures || !target_addr_equal(arch_pc(regs), at) || arch_sp(regs) != tracee->retry_sp)
        return;
    const struct site *site = site_table_get(tracee->process->space, at);
    if (site && site->planted && site->method->pass(site, &to) &&
        engine_set_pc(tracee->process->engine, tracee->tid, regs, to) < 0)
        return;
    if (!site || !site->planted || !target_addr_equal(to, at))
        tracee->retry_at = target_addr_of(0);
}
