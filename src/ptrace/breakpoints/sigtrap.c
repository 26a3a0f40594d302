/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/sigtrap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/arming.h"
#include "ptrace/breakpoints/fault_signals.h"
#include "ptrace/breakpoints/helper_thread.h"
#include "ptrace/breakpoints/signal_action.h"
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
    SYSCALLS_SPAN = 1000,
    SYSCALLS_SPAN_NS = UINT64_C(10) * 1000 * 1000 * 1000,
};

static const uint64_t TRAP_BIT = UINT64_C(1) << (SIGTRAP - 1);

/* Whether SIGTRAP is in the set of that line of /proc/PID/status: 0, 1, or a negative errno. */
static int status_has_trap(pid_t tid, const char *name)
{
    uint64_t set;
    int r = proc_status_set(tid, name, &set);
    return r < 0 ? r : (set & TRAP_BIT) != 0;
}

/*
 * Signals 32 and 33 are the C library's own, and its functions do not block them for a program. The
 * library blocks all signals for a moment while it creates threads and processes: the program's own
 * mask is not visible then.
 */
static const uint64_t INTERNAL = UINT64_C(3) << 31;

static enum trap_block block_of(uint64_t mask)
{
    if ((mask & INTERNAL) == INTERNAL)
        return TRAP_BLOCK_UNKNOWN;
    return mask & TRAP_BIT ? TRAP_BLOCKED : TRAP_NOT_BLOCKED;
}

/* Whether a SIGTRAP for this thread is, or may be, pending or has stopped it. It may be a
   breakpoint's, and the kernel may then have changed the state read here before. To be called after
   reading that state. */
static bool has_trapped(pid_t tid)
{
    struct stop stop;
    return status_has_trap(tid, "SigPnd") != 0 ||
           (wait_peek(tid, &stop) == 1 && stop.kind == STOP_SIGNAL && stop.code == SIGTRAP);
}

void sigtrap_look_thread(struct tracee *tracee)
{
    uint64_t mask;
    /* The kernel also returns the mask of a stopped thread this way. */
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

/* Whether a thread of unknown state had SIGTRAP in its mask before a trap. The trap has removed it,
   but a mask of all signals that a program can block certainly held it. */
static bool held_trap(uint64_t mask)
{
    static const uint64_t unblockable =
        (UINT64_C(1) << (SIGKILL - 1)) | (UINT64_C(1) << (SIGSTOP - 1));
    return (mask | INTERNAL | unblockable | TRAP_BIT) == ~UINT64_C(0);
}

/* The state from now on: the C library may soon restore the mask. */
static enum trap_block guess_block(uint64_t mask)
{
    if ((mask & INTERNAL) == INTERNAL)
        return TRAP_BLOCK_UNKNOWN;
    return held_trap(mask) ? TRAP_BLOCKED : TRAP_NOT_BLOCKED;
}

/*
 * Reads the action through the stopped thread `tid`. For an ignored SIGTRAP the flags and the mask
 * are read: a trap resets only the handler (kernel/signal.c: force_sig_info_to_task()), and
 * sigaction() shows the rest. If they cannot be read, they count as empty. `ignored` negative: not
 * known, the kernel's answer is used.
 */
static void learn_action(struct process *process, pid_t tid, int ignored)
{
    struct sigtrap *trap = &process->trap;
    if (tid < 0 && trap->known)
        return; /* no thread can be used now */
    *trap = (struct sigtrap){.special = true};
    int r = tid < 0 ? tid : signal_action_get(process->space, tid, SIGTRAP, &trap->action);
    trap->known = r == 0 || ignored > 0;
    trap->special = ignored >= 0 || r < 0 || trap->action.handler != (uintptr_t)SIG_DFL;
    if (ignored > 0)
        trap->action.handler = (uintptr_t)SIG_IGN;
    else if (r < 0 && r != -ESRCH)
        log_warning(
            "process %d %s SIGTRAP, and its action cannot be read (%s): its handler is lost "
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
    /* syscall() would fail with EINVAL. */
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

/* sigaction() has returned. */
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
    /* The kernel cannot be asked whether SIGTRAP is ignored: the trap that brought the thread here
       has reset that. */
    if (tracee->sigaction_handler == (uintptr_t)SIG_DFL)
        process->trap = (struct sigtrap){0};
    else
        learn_action(process, tid, tracee->sigaction_handler == (uintptr_t)SIG_IGN);
}

void sigtrap_on_sigaction(struct tracee *tracee, const arch_regs *regs, unsigned first)
{
    struct process *process = tracee->process;
    const int memory = address_space_memory(process->space);
    uint64_t action = arch_integer_arg(regs, first + 1);
    uint64_t ret = tracee_return_register(tracee, regs);
    struct error err;
    if (action && fault_signals_on_sigaction(tracee, regs, first))
        return;
    if ((int)arch_integer_arg(regs, first) != SIGTRAP || !action)
        return;
    /* struct sigaction begins with the handler in every C library and in the kernel. */
    if (memory_read(memory, target_addr_of(action), &tracee->sigaction_handler, 8) < 0 ||
        (arch_return_in_memory &&
         memory_read(memory, target_addr_of(arch_entry_slot(regs)), &ret, sizeof(ret)) < 0))
        return;
    if (process_watch(process, target_addr_of(ret), on_sigaction_done, (void *)(uintptr_t)ret,
                      &err) < 0)
        log_warning("cannot watch process %d change its action for SIGTRAP: %s", process->pid,
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
 * Whether the action must be restored. A trap resets the action only if SIGTRAP was blocked: a
 * handler that is still set shows that it was not blocked, and one that is gone shows that it was,
 * perhaps by the mask of a signal handler, which is not visible otherwise. In a process with
 * several threads, another thread's trap may have reset it.
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
        return true; /* restoring an action that is still set changes nothing */
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
 * Whether the mask in which SIGTRAP was found blocked is no longer in effect, judged by the other
 * signals in it. It may have been the mask of a signal handler that has since returned.
 */
static bool is_past(const struct tracee *tracee, uint64_t mask)
{
    return (tracee->trap_mask & ~TRAP_BIT & ~mask) != 0;
}

static void restore_mask(struct tracee *tracee)
{
    struct engine *engine = tracee->process->engine;
    uint64_t mask;
    if (engine_get_mask(engine, tracee->tid, &mask) < 0)
        return;
    bool held = tracee->trap_block == TRAP_BLOCKED && !is_past(tracee, mask);
    if (tracee->trap_block == TRAP_BLOCK_UNKNOWN) {
        held = held_trap(mask);
        tracee->trap_block = guess_block(mask);
        tracee->trap_mask = mask; /* not the C library's mask, which shows nothing */
    } else if (!held)
        tracee->trap_block = TRAP_NOT_BLOCKED;
    if (!held)
        return;
    mask |= TRAP_BIT;
    engine_set_mask(engine, tracee->tid, mask);
}

bool sigtrap_restore(struct tracee *tracee, const arch_regs *regs)
{
    struct process *process = tracee->process;
    bool lost = process->trap.special && action_is_lost(tracee);
    /* In sigaction() SIGTRAP stays unblocked, or the trap at its return would undo its effect. */
    if (tracee->trap_block != TRAP_NOT_BLOCKED && !tracee->in_sigaction)
        restore_mask(tracee);
    int r = 0;
    if (lost)
        r = signal_action_set(process->space, tracee->tid, regs, SIGTRAP, &process->trap.action);
    if (r < 0 && r != -ESRCH)
        log_warning("cannot restore the action for SIGTRAP of process %d: %s", process->pid,
                    strerror(-r));
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

/* Reads again what changed before the watches were set: once afterwards, and once just before, for
   threads that hit a breakpoint in between. */
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
