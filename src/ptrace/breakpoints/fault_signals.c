/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/fault_signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/arming.h"
#include "ptrace/breakpoints/signal_action.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/log.h"

static const int SIGNALS[FAULT_SIGNALS] = {SIGSEGV, SIGBUS};

/* The C library's own signals: see sigtrap.c. */
static const uint64_t INTERNAL = UINT64_C(3) << 31;

static uint64_t bit_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

static int index_of(int signal)
{
    for (int i = 0; i < FAULT_SIGNALS; i++)
        if (SIGNALS[i] == signal)
            return i;
    return -1;
}

/* ---- actions */

int fault_signals_look_process(struct process *process, pid_t tid)
{
    struct fault_signals *faults = &process->faults;
    const struct tracee *tracee = tracee_find(process->engine, tid);
    if (faults->known)
        return 0;
    if (!tracee || tracee->process != process)
        return -EAGAIN;
    for (int i = 0; i < FAULT_SIGNALS; i++) {
        int r = signal_action_get(process->space, tid, SIGNALS[i], &faults->actions[i]);
        if (r < 0)
            return r;
    }
    faults->known = true;
    return 0;
}

/* sigaction() has returned. */
static void on_fault_action_done(void *data, struct process *process, pid_t tid)
{
    struct tracee *tracee = tracee_find(process->engine, tid);
    target_addr at = target_addr_of((uintptr_t)data);
    if (!tracee || !target_addr_equal(tracee->fault_action_return, at))
        return; /* another thread's call for another signal */
    tracee->fault_action_return = target_addr_of(0);
    process_unwatch(process, at, on_fault_action_done, data);
    process->faults.known = false;
    int r = fault_signals_look_process(process, tid);
    if (r < 0)
        log_debug("process %d: its actions for faults cannot be read: %s", process->pid,
                  strerror(-r));
}

bool fault_signals_on_sigaction(struct tracee *tracee, const arch_regs *regs, unsigned first)
{
    struct process *process = tracee->process;
    uint64_t ret = tracee_return_register(tracee, regs);
    struct error err;
    if (index_of((int)arch_integer_arg(regs, first)) < 0)
        return false;
    if (!process->faults.known ||
        (arch_return_in_memory &&
         memory_read(address_space_memory(process->space), target_addr_of(arch_entry_slot(regs)),
                     &ret, sizeof(ret)) < 0))
        return true;
    if (process_watch(process, target_addr_of(ret), on_fault_action_done, (void *)(uintptr_t)ret,
                      &err) < 0)
        log_debug("cannot watch process %d change its action for a fault: %s", process->pid,
                  err.text);
    else
        tracee->fault_action_return = target_addr_of(ret);
    return true;
}

/* ---- masks */

static void set_mask(struct tracee *tracee, uint64_t mask)
{
    tracee->faults_blocked = 0;
    for (int i = 0; i < FAULT_SIGNALS; i++)
        tracee->faults_blocked |= mask & bit_of(SIGNALS[i]);
}

void fault_signals_look_thread(struct tracee *tracee)
{
    uint64_t mask;
    if (tracee->faults_known || engine_get_mask(tracee->process->engine, tracee->tid, &mask) < 0 ||
        (mask & INTERNAL) == INTERNAL)
        return;
    tracee->faults_known = true;
    set_mask(tracee, mask);
}

void fault_signals_on_sigmask(struct tracee *tracee, const arch_regs *regs, unsigned first)
{
    uint64_t at = arch_integer_arg(regs, first + 1), set;
    /* syscall() would fail with EINVAL. */
    if (first > 0 && arch_integer_arg(regs, first + 3) != KERNEL_SIGSET_SIZE)
        return;
    if (!at || memory_read(address_space_memory(tracee->process->space), target_addr_of(at), &set,
                           sizeof(set)) < 0)
        return;
    switch ((int)arch_integer_arg(regs, first)) {
    case SIG_SETMASK:
        tracee->faults_known = true;
        set_mask(tracee, set);
        break;
    case SIG_BLOCK:
        set_mask(tracee, tracee->faults_blocked | set);
        break;
    case SIG_UNBLOCK:
        set_mask(tracee, tracee->faults_blocked & ~set);
        break;
    default: /* EINVAL */
        break;
    }
}

bool fault_signals_blocks(const struct tracee *tracee, int signal)
{
    return tracee->faults_blocked & bit_of(signal);
}

/* ---- after a fault */

/* A mask of all other signals that a program can block: it certainly held this one. */
static bool blocks_all_else(uint64_t mask, int signal)
{
    return (mask | INTERNAL | bit_of(SIGKILL) | bit_of(SIGSTOP) | bit_of(signal)) == ~UINT64_C(0);
}

/* Whether the action that was recorded has been reset. */
static bool is_lost(const struct process *process, int signal)
{
    uint64_t set, handler = process->faults.actions[index_of(signal)].handler;
    if (!process->faults.known || handler == (uintptr_t)SIG_DFL)
        return false;
    const char *line = handler == (uintptr_t)SIG_IGN ? "SigIgn" : "SigCgt";
    return proc_status_set(process->pid, line, &set) < 0 || !(set & bit_of(signal));
}

void fault_signals_restore(struct tracee *tracee, const arch_regs *regs, int signal)
{
    struct process *process = tracee->process;
    uint64_t mask;
    if (index_of(signal) < 0)
        return;
    const struct kernel_sigaction *action = &process->faults.actions[index_of(signal)];
    bool lost = is_lost(process, signal), blocked = fault_signals_blocks(tracee, signal);
    /* In a signal handler, more is blocked than the program has asked of pthread_sigmask(): only
       that resets an action which is a handler. */
    if (lost && action->handler != (uintptr_t)SIG_IGN && process->n_threads == 1)
        blocked = true;
    if (engine_get_mask(process->engine, tracee->tid, &mask) == 0 &&
        (blocked || blocks_all_else(mask, signal)))
        engine_set_mask(process->engine, tracee->tid, mask | bit_of(signal));
    int r = lost ? signal_action_set(process->space, tracee->tid, regs, signal, action) : 0;
    if (r < 0 && r != -ESRCH)
        log_warning("cannot restore the action for signal %d of process %d: %s", signal,
                    process->pid, strerror(-r));
}
