/* SPDX-License-Identifier: MIT */
#include "ptrace/control/breakpoint_hit.h"

#include <signal.h>
#include <sys/syscall.h>

#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/calls.h"
#include "ptrace/breakpoints/fault_signals.h"
#include "ptrace/breakpoints/measured_stop.h"
#include "ptrace/breakpoints/report.h"
#include "ptrace/breakpoints/return_sites.h"
#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/step.h"
#include "ptrace/capture/capture.h"
#include "ptrace/control/frame_jumps.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/stack_range.h"
#include "ptrace/core/stop_prefetch.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/engine.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/suspended.h"
#include "ptrace/jumps/unseen_returns.h"
#include "ptrace/jumps/writable_code.h"
#include "ptrace/os/spans.h"
#include "ptrace/threads/cpu_pinning.h"
#include "ptrace/threads/cpu_time.h"
#include "ptrace/threads/current_cpu.h"
#include "ptrace/threads/pinning_policy.h"
#include "ptrace/threads/tracee_migration.h"
#include "util/addr.h"
#include "util/clock.h"

/* The memory of a stopped thread: struct capture_source. */
static unsigned read_stopped(void *data, struct span *spans, size_t n)
{
    const struct tracee *tracee = data;
    return spans_read(tracee->tid, address_space_memory(tracee->process->space), spans, n);
}

/* Begins to capture the fields of the event of that kind. `frame`: of the call that has returned,
   else NULL. */
static void begin_capture(struct tracee *tracee, const struct probe *probe, enum hit_kind kind,
                          const arch_regs *regs, const struct frame *frame)
{
    const struct capture_source source = {
        .regs = regs,
        .result_address = frame ? frame->result_address : 0,
        .read = read_stopped,
        .data = tracee,
    };
    report_begin(tracee, probe, kind, &source);
}

/* Reports a hit of the stopped thread, whose capture has begun. */
static void report_stopped(struct engine *engine, struct tracee *tracee, struct hit *hit,
                           const arch_regs *regs)
{
    tracee->owner->busy_elsewhere = hit->cpu >= 0;
    tracee->owner->busy_cpu = hit->cpu;
    struct arch_float_regs floats;
    bool has_floats = false;
    if (hit->kind == HIT_ENTRY ? hit->probe->float_args : hit->probe->float_rets)
        has_floats = engine_get_float_regs(engine, tracee->tid, &floats) == 0;
    report_hit(tracee, hit, regs, has_floats ? &floats : NULL);
    struct tracer_thread *to = pinning_policy_hit(engine, tracee, hit->cpu, hit->time_ns);
    tracee->migrate_to = to ? to : tracee->migrate_to;
}

/* What was read about this stop before the engine lock was taken. NULL: nothing. */
static struct stop_prefetch *prefetch_of(const struct tracee *tracee)
{
    struct stop_prefetch *prefetch = &tracee->process->engine->acting->prefetch;
    return prefetch->tid == tracee->tid ? prefetch : NULL;
}

/* Reads the return address and, in the same system call, the CPU and the memory that registers
   point to, for the event whose capture has begun (`captures`). false: the stack cannot be read. */
static bool read_return(struct engine *engine, struct tracee *tracee, bool captures,
                        const arch_regs *regs, target_addr *ret, int *cpu)
{
    const struct stop_prefetch *prefetch = prefetch_of(tracee);
    bool prefetched = prefetch && prefetch->has_return;
    int cpu_seen = prefetch ? prefetch->cpu : -1;
    uint64_t address = prefetched ? prefetch->return_address : tracee_return_register(tracee, regs);
    uint32_t cpu_id = 0;
    struct span own[2];
    size_t n = 0;
    target_addr cpu_at = cpu_address(tracee);
    if (arch_return_in_memory && !prefetched)
        own[n++] = (struct span){.at = arch_entry_slot(regs), .to = &address, .n = sizeof(address)};
    bool reads_cpu = cpu_at.value && cpu_seen < 0 && cpu_known(tracee) < 0;
    if (reads_cpu)
        own[n++] = (struct span){.at = cpu_at.value, .to = &cpu_id, .n = sizeof(cpu_id)};
    if (captures)
        capture_read(engine->capture, own, n);
    else if (n)
        engine->stats.memory_reads +=
            spans_read(tracee->tid, address_space_memory(tracee->process->space), own, n);
    engine->stats.memory_reads += prefetch ? prefetch->n_reads : 0;
    stop_prefetch_learn(&engine->acting->prefetch, tracee->tid, cpu_at, cpu_known(tracee) >= 0);
    *ret = target_addr_of(address);
    if (cpu_seen >= 0)
        *cpu = cpu_seen;
    else if (reads_cpu && own[n - 1].got == sizeof(cpu_id))
        *cpu = (int)cpu_id;
    else
        *cpu = cpu_of(tracee);
    return !arch_return_in_memory || prefetched || own[0].got == sizeof(address);
}

/* Reads the CPU and, in the same system call, the memory that registers point to. Returns the
   CPU. */
static int read_result(struct engine *engine, struct tracee *tracee)
{
    struct stop_prefetch *prefetch = prefetch_of(tracee);
    int cpu_seen = prefetch ? prefetch->cpu : -1;
    uint32_t cpu_id = 0;
    target_addr cpu_at = cpu_address(tracee);
    bool reads_cpu = cpu_at.value && cpu_seen < 0 && cpu_known(tracee) < 0;
    struct span own = {.at = cpu_at.value, .to = &cpu_id, .n = sizeof(cpu_id)};
    capture_read(engine->capture, &own, reads_cpu ? 1 : 0);
    if (prefetch) {
        engine->stats.memory_reads += prefetch->n_reads;
        stop_prefetch_learn_return(prefetch);
    }
    if (cpu_seen >= 0)
        return cpu_seen;
    return reads_cpu && own.got == sizeof(cpu_id) ? (int)cpu_id : cpu_of(tracee);
}

static void handle_entry(struct engine *engine, struct tracee *tracee, struct site *site,
                         const arch_regs *regs)
{
    struct hit hit = {.probe = site->probe,
                      .kind = HIT_ENTRY,
                      .cpu = -1,
                      .time_ns = clock_now_ns(),
                      .ip = site->at.value};
    engine->stats.calls += !site->probe->resolves;
    target_addr ret = {0};
    uint64_t slot = arch_entry_slot(regs);
    bool captures = site->kinds & HIT_ENTRY, awaits_return = false;
    if (captures)
        begin_capture(tracee, site->probe, HIT_ENTRY, regs, NULL);
    bool readable = read_return(engine, tracee, captures, regs, &ret, &hit.cpu);
    tracee_refresh_name(tracee, hit.time_ns);
    hit.depth = callstack_depth(&tracee->frames);
    hit.return_address = readable ? ret.value : 0;
    if ((site->kinds & HIT_EXIT) && readable) {
        struct site *back = return_sites_expect(tracee->process, site, ret, hit.time_ns);
        /* Only now: the thread may have been made to map memory. */
        hit.thread_cpu_ns = cpu_time_of(tracee, site->probe);
        calls_enter(tracee, site, back, slot, arch_result_address(regs), &hit);
        if (back && engine->jumping)
            jumps_expect_return(tracee, site, back);
        else if (engine->jumping)
            unseen_returns_add(tracee, ret);
        awaits_return = back;
    }
    if (captures)
        report_stopped(engine, tracee, &hit, regs);
    if (captures && awaits_return)
        measured_stop_consider(tracee, hit.thread_cpu_ns);
}

/* Returns whether an open call of the thread returned here. */
static bool handle_return(struct engine *engine, struct tracee *tracee, struct site *site,
                          const arch_regs *regs)
{
    uint64_t slot = arch_exit_slot(regs);
    struct frame frame;
    bool any = false;
    struct hit hit = {.kind = HIT_EXIT,
                      .cpu = -1,
                      .time_ns = clock_now_ns(),
                      .return_address = site->at.value,
                      .ip = site->at.value};
    struct stack_range stack = stack_range_of(tracee, slot, hit.time_ns);
    calls_seen(tracee, hit.time_ns);
    frame_jumps_settle(tracee, site->at, regs);
    while (callstack_return(&tracee->frames, slot, site->at.value, stack, &frame)) {
        const struct site *entry = frame.what;
        if (!any)
            tracee_refresh_name(tracee, hit.time_ns);
        any = true;
        /* The function was disarmed, or armed for other kinds, while it ran. */
        if (!(entry->uses & SITE_ENTRY) || !(entry->kinds & HIT_EXIT))
            continue;
        hit.probe = entry->probe;
        begin_capture(tracee, hit.probe, HIT_EXIT, regs, &frame);
        if (hit.cpu < 0)
            hit.cpu = read_result(engine, tracee);
        hit.out_of_order = tracee->frames.out_of_order;
        hit.depth = frame.depth;
        hit.duration_ns = tracee_call_time(tracee, &frame, hit.time_ns);
        if (hit.thread_cpu_ns == 0)
            hit.thread_cpu_ns = cpu_time_of(tracee, hit.probe);
        hit.cpu_ns = cpu_time_of_call(&frame, hit.thread_cpu_ns);
        report_stopped(engine, tracee, &hit, regs);
    }
    return any;
}

static void call_watches(struct tracee *tracee, struct site *site)
{
    /* A watch function may remove its own watch and others. */
    for (struct watch *watch = site->watches; watch; watch = site->next_watch) {
        site->next_watch = watch->next;
        watch->reached(watch->data, tracee->process, tracee->tid);
    }
}

/*
 * The thread ended while it was not traced. The kernel does not report how a thread group leader
 * ended: exit_group(2) in another thread or a signal ends the whole process, and the kernel gives
 * the same status for whichever thread is reaped next (kernel/exit.c: wait_task_zombie()). If there
 * is no other thread, it was SIGKILL: all other signals were blocked.
 */
static void forget_lost(struct engine *engine, struct tracee *tracee)
{
    struct process *process = tracee->process;
    engine->space_untidy = engine->space_untidy || process->n_threads == 1;
    if (tracee->tid == process->pid) {
        process->exit_status = SIGKILL;
        process->leader_lost = true;
    }
    tracee_free(engine, tracee);
}

static void pass(struct engine *engine, struct tracee *tracee, struct site *site, arch_regs *regs)
{
    struct address_space *space = tracee->process->space;
    target_addr to = site->at;
    if (site->planted && !site->method->pass(site, &to)) {
        tracee->measured_from_ns = 0;
        step_in_place(engine, tracee, site, regs);
        return;
    }
    if (tracee->trap_block || tracee->process->trap.special)
        sigtrap_restore(tracee, regs);
    if (tracee->migrate_to && !tracee->left_trap) {
        tracee->measured_from_ns = 0;
        if (tracee_migrate(engine, tracee, tracee->migrate_to, regs, to) < 0)
            forget_lost(engine, tracee);
        return;
    }
    /* A thread that was made to do a system call is in a new stop, perhaps a group-stop. The loop
       handles it. */
    bool resumes = !tracee->left_trap;
    measured_stop_begin(tracee, site, regs, &to);
    int signal = resumes ? tracee_take_deferred_trap(tracee) : 0;
    tracee->changes_seen = space->changes;
    if (resumes && tracer_thread_resume_later(engine->acting, tracee->tid, regs, to, signal))
        return;
    if (engine_set_pc(engine, tracee->tid, regs, to) == 0 && resumes)
        tracee_resume(tracee, signal);
}

/* The number of the call's first argument: 0 if the function with this use is entered, 1 if
   syscall() is entered with this system call number; else -1. */
static int first_argument(const struct site *site, const arch_regs *regs, enum site_use use,
                          int number)
{
    if (site->uses & use)
        return 0;
    return (site->uses & SITE_SYSCALL) && (int)arch_integer_arg(regs, 0) == number ? 1 : -1;
}

static void tell_measured_stop(struct tracee *tracee, const struct site *site, uint64_t ns)
{
    const struct engine_sink *sink = &tracee->process->engine->sink;
    uint64_t from_ns = tracee->measured_from_cpu_ns;
    uint64_t cpu_ns = from_ns && site->probe ? cpu_time_of(tracee, site->probe) : 0;
    sink->stop_measured(sink->data, tracee->tid, ns, cpu_ns > from_ns ? cpu_ns - from_ns : 0,
                        tracee->measured_as_return);
}

void breakpoint_hit(struct engine *engine, struct tracee *tracee, struct site *site,
                    arch_regs *regs)
{
    struct process *process = tracee->process;
    struct address_space *space = process->space;
    bool retried = tracee_is_retry(tracee, site->at, arch_sp(regs));
    uint64_t measured_ns = measured_stop_end(tracee, retried);
    if (measured_ns)
        tell_measured_stop(tracee, site, measured_ns);
    space->helper = tracee->tid;
    tracee->migrate_to = NULL;
    bool returned = false;
    int first;
    /* After a fault that followed a call, this trap is seen again: all returns were reported the
       first time. But the breakpoint may have been removed when the handler returned, and then this
       is another return. */
    if ((site->uses & SITE_RETURN) && !process->silent) {
        returned = handle_return(engine, tracee, site, regs);
        if (!retried)
            return_sites_met(space, site, returned);
    }
    if (!retried && !process->silent) {
        if ((site->uses & SITE_ENTRY) && !returned)
            handle_entry(engine, tracee, site, regs);
        frame_jumps_handle(tracee, site, regs);
        if (site->uses & SITE_WATCH)
            call_watches(tracee, site);
        if ((first = first_argument(site, regs, SITE_SIGACTION, SYS_rt_sigaction)) >= 0)
            sigtrap_on_sigaction(tracee, regs, (unsigned)first);
        if (site->uses & SITE_AFFINITY)
            cpu_pinning_unbind_all(engine);
        if (site->uses & SITE_PROTECT)
            writable_code_asked(space, site, regs);
        if (site->uses & SITE_STACKS)
            suspended_switched(space);
        else if (engine->jumping)
            suspended_stopped(tracee, regs);
    }
    if (site->uses & SITE_STACKS)
        site_unuse(space, site, SITE_STACKS); /* it is known by now */
    jumps_hit(tracee, site);
    if (tracee->migrate_to && !tracee_migration_prepare(tracee, site))
        tracee->migrate_to = NULL;
    space->helper = 0;
    enum trap_block then;
    first = retried ? -1 : first_argument(site, regs, SITE_SIGMASK, SYS_rt_sigprocmask);
    bool masks = first >= 0 && sigtrap_on_sigmask(tracee, regs, (unsigned)first, &then);
    if (first >= 0 && engine->jumping)
        fault_signals_on_sigmask(tracee, regs, (unsigned)first);
    if (site->uses & SITE_SYSCALL)
        sigtrap_on_syscall(tracee, site, masks);
    if (masks)
        tracee->migrate_to = NULL; /* the call's end is looked at, too */
    pass(engine, tracee, site, regs);
    if (masks) {
        tracee->trap_block = then;
        tracee->trap_mask = 0;
    }
}
