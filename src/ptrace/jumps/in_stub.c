/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/in_stub.h"

#include <signal.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/fault_signals.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"

static bool has(const struct jump *jump, target_addr at)
{
    return jump && at.value - jump->stub.value < jump->map.length;
}

struct jump *in_stub(const struct address_space *space, target_addr at)
{
    const struct site *site = space && space->jumps ? code_slots_owner(space->slots, at) : NULL;
    if (!site)
        return NULL;
    /* A thread may be in a stub that was replaced by another. */
    for (struct jump *jump = site->jump.made; jump; jump = jump->next)
        if (has(jump, at))
            return jump;
    return NULL;
}

struct jump *in_stub_trap(const struct address_space *space, target_addr at)
{
    struct jump *jump = in_stub(space, at);
    return jump && at.value - jump->stub.value == jump->map.stop ? jump : NULL;
}

struct site *in_stub_or_site(const struct address_space *space, const arch_regs *regs,
                             target_addr *again)
{
    const struct jump *jump;
    *again = target_addr_plus(arch_pc(regs), -(int64_t)arch_trap_pc_offset);
    if (!space)
        return NULL;
    jump = in_stub_trap(space, *again);
    if (!jump)
        return site_table_get(space, *again);
    *again = site_form_at(jump->site, SITE_FORM_JUMP);
    return jump->site;
}

static bool read_stack(void *data, uint64_t address, void *to, size_t n)
{
    const struct address_space *space = data;
    return memory_read(address_space_memory(space), target_addr_of(address), to, n) == 0;
}

int in_stub_leave(struct tracee *tracee, const struct jump *jump, arch_regs *regs,
                  enum stub_position *position)
{
    struct address_space *space = tracee->process->space;
    target_addr site = site_form_at(jump->site, SITE_FORM_JUMP);
    int r = stub_unwind(&jump->map, jump->stub, site, regs, read_stack, space, position);
    if (r < 0 || *position == STUB_COPY || *position == STUB_NONE)
        return r;
    return engine_set_regs(space->engine, tracee->tid, regs);
}

bool in_stub_copies(const struct jump *jump, target_addr pc)
{
    uint64_t offset = pc.value - jump->stub.value;
    return offset >= jump->map.memory && offset < jump->map.memory_end;
}

uint64_t in_stub_faults(const struct jump *jump, target_addr pc)
{
    return in_stub_copies(jump, pc) ? UINT64_C(1) << (SIGSEGV - 1) | UINT64_C(1) << (SIGBUS - 1)
                                    : 0;
}

bool in_stub_leave_fault(struct tracee *tracee, const struct jump *jump, int signal,
                         arch_regs *regs)
{
    enum stub_position position;
    siginfo_t info;
    if ((signal != SIGSEGV && signal != SIGBUS && signal != SIGTRAP) ||
        engine_ptrace(tracee->process->engine, PTRACE_GETSIGINFO, tracee->tid, NULL,
                      (uintptr_t)&info) < 0)
        return false;
    /* If one of the program's own is pending, the kernel merges the two, and keeps its siginfo
       (kernel/signal.c: legacy_queue()). A blocked one stops no thread but by a fault. */
    bool merged = info.si_code <= 0 && in_stub_copies(jump, arch_pc(regs)) &&
                  fault_signals_blocks(tracee, signal);
    if ((info.si_code <= 0 && !merged) || in_stub_leave(tracee, jump, regs, &position) < 0 ||
        position != STUB_BEFORE)
        return false;
    if (merged)
        tracee->deferred_trap = info;
    if (signal != SIGTRAP)
        fault_signals_restore(tracee, regs, signal);
    return true;
}
