/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/sigtrap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/arming.h"
#include "ptrace/breakpoints/helper_thread.h"
#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/table.h"

enum {
    KERNEL_SIGSET_SIZE = 8,
    /* Scratch memory below the stack pointer and its red zone, where nothing is kept. */
    SCRATCH_BELOW = 1024,
    SYSCALLS_SPAN = 1000,
    SYSCALLS_SPAN_NS = UINT64_C(10) * 1000 * 1000 * 1000,
};

static const uint64_t TRAP_BIT = UINT64_C(1) << (SIGTRAP - 1);

/* Whether SIGTRAP is in the set: 0, 1, or negative, it cannot be told. */
static int status_has_trap(pid_t tid, const char *name)
{
    uint64_t set;
    int r = proc_status_set(tid, name, &set);
    return r < 0 ? r : (set & TRAP_BIT) != 0;
}

/*
 * Signals 32 and 33 are the C library's own. No program blocks them by its functions; the library
 * does, for a moment, while it makes threads and processes, together with all others: what the
 * program itself blocks cannot be seen then.
 */
static const uint64_t INTERNAL = UINT64_C(3) << 31;

static enum trap_block block_of(uint64_t mask)
{
    if ((mask & INTERNAL) == INTERNAL)
        return TRAP_BLOCK_UNKNOWN;
    return mask & TRAP_BIT ? TRAP_BLOCKED : TRAP_NOT_BLOCKED;
}

/* Whether a SIGTRAP of the thread's own is, or may be, on its way or has stopped it. It may be that
   of a breakpoint, and the kernel has then undone what is asked for here. To be asked afterwards.
 */
static bool has_trapped(pid_t tid)
{
    struct stop stop;
    return status_has_trap(tid, "SigPnd") != 0 ||
           (wait_peek(tid, &stop) == 1 && stop.kind == STOP_SIGNAL && stop.code == SIGTRAP);
}

void sigtrap_look_thread(struct tracee *tracee)
{
    uint64_t mask;
    /* The kernel tells it in this way, too, of a thread that is stopped. */
    if (proc_status_set(tracee->tid, "SigBlk", &mask) < 0 &&
        engine_get_mask(tracee->process->engine, tracee->tid, &mask) < 0) {
        if (tracee->trap_block == TRAP_NOT_BLOCKED)
            tracee->trap_block = TRAP_BLOCK_UNKNOWN;
        return;
    }
    if (!(mask & TRAP_BIT) && has_trapped(tracee->tid))
        return;
    tracee->trap_block = block_of(mask);
    tracee->trap_mask = tracee->trap_block == TRAP_BLOCKED ? mask : 0;
}

/* Whether SIGTRAP was in the mask that a thread of unknown state has after a trap: it is no more,
   but a mask of all that a program can block was certainly meant to hold it. */
static bool held_trap(uint64_t mask)
{
    static const uint64_t unblockable =
        (UINT64_C(1) << (SIGKILL - 1)) | (UINT64_C(1) << (SIGSTOP - 1));
    return (mask | INTERNAL | unblockable | TRAP_BIT) == ~UINT64_C(0);
}

/* What that says of the time from now on: the C library's moment may be over soon. */
static enum trap_block guess_block(uint64_t mask)
{
    if ((mask & INTERNAL) == INTERNAL)
        return TRAP_BLOCK_UNKNOWN;
    return held_trap(mask) ? TRAP_BLOCKED : TRAP_NOT_BLOCKED;
}

static target_addr scratch_of(const arch_regs *regs)
{
    return target_addr_of((arch_sp(regs) - SCRATCH_BELOW) & ~UINT64_C(15));
}

/* Asks the kernel, by way of a stopped thread, for the process's action. */
static int get_action(struct address_space *space, pid_t tid, struct kernel_sigaction *action)
{
    arch_regs regs;
    int64_t result = 0;
    int r = engine_get_regs(space->engine, tid, &regs);
    if (r < 0)
        return r;
    target_addr scratch = scratch_of(&regs);
    const uint64_t args[6] = {SIGTRAP, 0, scratch.value, KERNEL_SIGSET_SIZE};
    r = remote_syscall(space, tid, SYS_rt_sigaction, args, &result);
    if (r == 0 && result < 0)
        r = (int)result;
    return r < 0 ? r : memory_read(address_space_memory(space), scratch, action, sizeof(*action));
}

static int set_action(struct address_space *space, pid_t tid, const arch_regs *regs,
                      const struct kernel_sigaction *action)
{
    int64_t result = 0;
    target_addr scratch = scratch_of(regs);
    int r = memory_write(address_space_memory(space), scratch, action, sizeof(*action));
    const uint64_t args[6] = {SIGTRAP, scratch.value, 0, KERNEL_SIGSET_SIZE};
    if (r == 0)
        r = remote_syscall(space, tid, SYS_rt_sigaction, args, &result);
    return r < 0 ? r : (int)result;
}

/*
 * Asks for the action by way of the stopped thread `tid`. Of one that is ignored flags and mask are
 * asked for: a trap resets the handler alone (kernel/signal.c: force_sig_info_to_task()), and
 * sigaction() shows them. When they cannot be asked for they are taken for none. `ignored` is
 * negative when it cannot be told: then the kernel's answer is believed.
 */
static void learn_action(struct process *process, pid_t tid, int ignored)
{
    struct sigtrap *trap = &process->trap;
    if (tid < 0 && trap->known)
        return; /* no thread can be asked now */
    *trap = (struct sigtrap){.special = true};
    int r = tid < 0 ? tid : get_action(process->space, tid, &trap->action);
    trap->known = r == 0 || ignored > 0;
    trap->special = ignored >= 0 || r < 0 || trap->action.handler != (uintptr_t)SIG_DFL;
    if (ignored > 0)
        trap->action.handler = (uintptr_t)SIG_IGN;
    else if (r < 0 && r != -ESRCH)
        log_warning("process %d %s SIGTRAP, and how cannot be told (%s): its handler is lost "
                    "when it blocks SIGTRAP in a traced function",
                    process->pid, ignored < 0 ? "may handle" : "handles", strerror(-r));
}

static bool has_any_trapped(const struct process *process)
{
    for (const struct tracee *tracee = process->threads; tracee; tracee = tracee->next)
        if (has_trapped(tracee->tid))
            return true;
    return false;
}

void sigtrap_look_process(struct process *process)
{
    pid_t tid = process_task(process);
    int ignored = status_has_trap(tid, "SigIgn");
    int handled = ignored == 0 ? status_has_trap(tid, "SigCgt") : ignored;
    if (handled != 0)
        learn_action(process, helper_thread_get(process->space), handled < 0 ? handled : ignored);
    else if (!process->trap.special || !has_any_trapped(process))
        process->trap = (struct sigtrap){0};
}

bool sigtrap_on_sigmask(const struct tracee *tracee, const arch_regs *regs, unsigned first,
                        enum trap_block *then)
{
    int how = (int)arch_integer_arg(regs, first);
    uint64_t at = arch_integer_arg(regs, first + 1), set;
    /* As syscall() has it: EINVAL. */
    if (first > 0 && arch_integer_arg(regs, first + 3) != KERNEL_SIGSET_SIZE)
        return false;
    if (!at || memory_read(address_space_memory(tracee->process->space), target_addr_of(at), &set,
                           sizeof(set)) < 0)
        return false;
    switch (how) {
    case SIG_SETMASK:
        *then = set & TRAP_BIT ? TRAP_BLOCKED : TRAP_NOT_BLOCKED;
        return true;
    case SIG_BLOCK:
        *then = TRAP_BLOCKED;
        return set & TRAP_BIT;
    case SIG_UNBLOCK:
        *then = TRAP_NOT_BLOCKED;
        return set & TRAP_BIT;
    default: /* EINVAL */
        return false;
    }
}

/* sigaction() has come back to where it was called from. */
static void on_sigaction_done(void *data, struct process *process, pid_t tid)
{
    struct tracee *tracee = tracee_find(process->engine, tid);
    target_addr at = target_addr_of((uintptr_t)data);
    arch_regs regs;
    if (!tracee || !tracee->in_sigaction)
        return; /* another thread's call for another signal */
    tracee->in_sigaction = false;
    process_unwatch(process, at, on_sigaction_done, data);
    if (engine_get_regs(process->engine, tid, &regs) < 0 || (int)arch_integer_ret(&regs, 0) != 0)
        return;
    /* That it ignores SIGTRAP cannot be asked any more: the trap that brought us here ended it. */
    if (tracee->sigaction_handler == (uintptr_t)SIG_DFL)
        process->trap = (struct sigtrap){0};
    else
        learn_action(process, tid, tracee->sigaction_handler == (uintptr_t)SIG_IGN);
}

void sigtrap_on_sigaction(struct tracee *tracee, const arch_regs *regs, unsigned first)
{
    struct process *process = tracee->process;
    const int memory = address_space_memory(process->space);
    uint64_t action = arch_integer_arg(regs, first + 1), ret = arch_return_register(regs);
    struct error err;
    if ((int)arch_integer_arg(regs, first) != SIGTRAP || !action)
        return;
    /* struct sigaction begins with the handler, in every C library and in the kernel. */
    if (memory_read(memory, target_addr_of(action), &tracee->sigaction_handler, 8) < 0 ||
        (arch_return_in_memory &&
         memory_read(memory, target_addr_of(arch_entry_slot(regs)), &ret, sizeof(ret)) < 0))
        return;
    if (process_watch(process, target_addr_of(ret), on_sigaction_done, (void *)(uintptr_t)ret,
                      &err) < 0)
        log_warning("process %d changes what it does with SIGTRAP unseen: %s", process->pid,
                    err.text);
    else
        tracee->in_sigaction = true;
}

void sigtrap_on_syscall(struct tracee *tracee, struct site *site, bool masks)
{
    struct address_space *space = tracee->process->space;
    struct syscall_watch *watch = &space->syscalls;
    watch->needed = watch->needed || masks || tracee->in_sigaction;
    if (watch->calls++ % SYSCALLS_SPAN != 0)
        return;
    uint64_t now = clock_now_ns();
    if (watch->calls > 1 && !watch->needed && now - watch->since_ns < SYSCALLS_SPAN_NS) {
        watch->given_up = true;
        site_unuse(space, site, SITE_SYSCALL);
        log_debug("process %d calls syscall() often: what it asks of the kernel about SIGTRAP by "
                  "that is not seen any more",
                  tracee->process->pid);
    }
    watch->since_ns = now;
}

/*
 * A trap resets the action only when SIGTRAP was blocked: so a handler that is still there says
 * that it was not, and one that is gone, that it was, be it by the mask of a signal handler, which
 * is not seen otherwise. Where there are more threads, the trap of another may have taken it.
 * Whether the action is to be put back.
 */
static bool action_is_lost(struct tracee *tracee)
{
    const struct process *process = tracee->process;
    const struct sigtrap *trap = &process->trap;
    bool ignored = trap->action.handler == (uintptr_t)SIG_IGN;
    if (!trap->known)
        return false;
    int there = status_has_trap(process->pid, ignored ? "SigIgn" : "SigCgt");
    if (there < 0)
        return true; /* to put it back where it is changes nothing */
    if (there) {
        if (!ignored)
            tracee->trap_block = TRAP_NOT_BLOCKED;
        return false;
    }
    if (!ignored && process->n_threads == 1) {
        tracee->trap_block = TRAP_BLOCKED;
        tracee->trap_mask = 0;
    }
    return true;
}

/*
 * Whether the mask in which SIGTRAP was found blocked is in force no more, going by what it holds
 * besides. It may have been that of a signal handler, from which the thread has since returned.
 */
static bool is_past(const struct tracee *tracee, uint64_t mask)
{
    return (tracee->trap_mask & ~TRAP_BIT & ~mask) != 0;
}

static void mend_mask(struct tracee *tracee)
{
    struct engine *engine = tracee->process->engine;
    uint64_t mask;
    if (engine_get_mask(engine, tracee->tid, &mask) < 0)
        return;
    bool held = tracee->trap_block == TRAP_BLOCKED && !is_past(tracee, mask);
    if (tracee->trap_block == TRAP_BLOCK_UNKNOWN) {
        held = held_trap(mask);
        tracee->trap_block = guess_block(mask);
        tracee->trap_mask = mask; /* not the library's, which told nothing */
    } else if (!held)
        tracee->trap_block = TRAP_NOT_BLOCKED;
    if (!held)
        return;
    mask |= TRAP_BIT;
    engine_set_mask(engine, tracee->tid, mask);
}

bool sigtrap_mend(struct tracee *tracee, const arch_regs *regs)
{
    struct process *process = tracee->process;
    bool lost = process->trap.special && action_is_lost(tracee);
    /* Inside sigaction() it stays unblocked, or the trap at its return would undo what it did. */
    if (tracee->trap_block != TRAP_NOT_BLOCKED && !tracee->in_sigaction)
        mend_mask(tracee);
    int r = lost ? set_action(process->space, tracee->tid, regs, &process->trap.action) : 0;
    if (r < 0 && r != -ESRCH)
        log_warning("process %d has lost its handling of SIGTRAP and it cannot be put back: %s",
                    process->pid, strerror(-r));
    return !tracee->left_trap;
}

bool sigtrap_is_breakpoint(struct tracee *tracee)
{
    siginfo_t info;
    if (engine_ptrace(tracee->process->engine, PTRACE_GETSIGINFO, tracee->tid, NULL,
                      (uintptr_t)&info) < 0)
        return false;
    if (info.si_code == SI_KERNEL || info.si_code == TRAP_BRKPT)
        return true;
    if (tracee->trap_block == TRAP_NOT_BLOCKED)
        return false;
    tracee->deferred_trap = info;
    return true;
}

/* What changed before these watches is looked at once more: afterwards, and just before for those
   threads that will have run into a breakpoint by then. */
static void look_at_signals(struct process *process)
{
    struct tracee *tracee;
    for (size_t i = 0; (tracee = table_next(&process->engine->tracees, &i));)
        if (tracee->process == process)
            sigtrap_look_thread(tracee);
    sigtrap_look_process(process);
}

int process_watch_signals(struct process *process, const struct signal_functions *at,
                          struct error *err)
{
    const target_addr none = {0},
                      places[] = {at->sigmask, at->sigaction,
                                  process->space->syscalls.given_up ? none : at->syscall};
    static const enum site_use uses[] = {SITE_SIGMASK, SITE_SIGACTION, SITE_SYSCALL};
    int first = 0;
    if (!places[0].value && !places[1].value && !places[2].value)
        return 0;
    look_at_signals(process);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        int r = places[i].value
                    ? arming_add_use(process, places[i], uses[i], first < 0 ? NULL : err)
                    : 0;
        first = first < 0 ? first : r;
    }
    look_at_signals(process);
    return first;
}
