/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/remote_syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/maps.h"

bool remote_syscall_forbidden(pid_t tid)
{
    long mode = proc_status_number(tid, "Seccomp");
    /* A kernel without seccomp has no such line. */
    return mode < 0 ? proc_status_number(tid, "Pid") < 0 : mode != 0;
}

/* Finds a system call instruction in the vdso, which the kernel maps into every process. */
static int find_syscall_insn(struct address_space *space, pid_t tid)
{
    struct maps maps = {0};
    int r = maps_read(&maps, tid);
    for (size_t i = 0; r == 0 && i < maps.list.count && !space->syscall_insn.value; i++) {
        const struct map *map = &maps.list.items[i];
        size_t size = map->end.value - map->start.value;
        if (strcmp(map->path, "[vdso]") != 0 || size > 64 * 1024)
            continue;
        cleanup(cleanup_free) uint8_t *code = malloc(size);
        if (!code || program_memory_read(space, map->start, code, size) < 0)
            continue;
        const uint8_t *found = memmem(code, size, arch_syscall_insn, arch_syscall_insn_length);
        if (found)
            space->syscall_insn = target_addr_plus(map->start, found - code);
    }
    maps_free(&maps);
    return r < 0 ? r : space->syscall_insn.value ? 0 : -ENOENT;
}

/* Resumes the thread with a signal, or 0, and waits for its next syscall-stop. */
static int to_syscall_stop(struct engine *engine, pid_t tid, int signal)
{
    struct stop stop;
    for (;;) {
        int r = engine_ptrace(engine, PTRACE_SYSCALL, tid, NULL, (uintptr_t)signal);
        signal = 0;
        if (r == 0)
            r = wait_for_stop(engine, tid, &stop);
        if (r < 0)
            return r;
        if (stop_is_end(&stop))
            return -ESRCH;
        if (stop.kind == STOP_SYSCALL)
            return 0;
        /* All signals are blocked but SIGSTOP, which cannot be, and is delivered. A group-stop or
           interrupt in between is reported again after the call. */
        if (stop.kind == STOP_SIGNAL)
            signal = stop.code;
    }
}

static bool is_syscall_insn(const struct address_space *space, target_addr at)
{
    uint8_t code[ARCH_TRAP_MAX];
    return memory_read(address_space_memory(space), at, code, arch_syscall_insn_length) == 0 &&
           memcmp(code, arch_syscall_insn, arch_syscall_insn_length) == 0;
}

/* The mappings of a process that is not dumpable cannot be read. But the thread may be right after
   a system call instruction. */
static target_addr preceding_syscall_insn(const struct address_space *space, const arch_regs *regs)
{
    target_addr at = target_addr_plus(arch_pc(regs), -(int64_t)arch_syscall_insn_length);
    return is_syscall_insn(space, at) ? at : target_addr_of(0);
}

/* The system call to make, and its result. */
struct remote_call {
    long number;
    const uint64_t *args;
    int64_t result;
};

static int finish_call(struct engine *engine, pid_t tid, struct remote_call *call)
{
    arch_regs regs;
    int r = to_syscall_stop(engine, tid, 0); /* syscall-exit-stop */
    if (r == 0)
        r = engine_get_regs(engine, tid, &regs);
    if (r == 0)
        call->result = arch_syscall_result(&regs);
    return r;
}

/* Makes the call by a system call instruction elsewhere, then restores the thread's registers,
   whatever failed. */
static int call_elsewhere(struct engine *engine, pid_t tid, const arch_regs *saved,
                          target_addr insn, int signal, struct remote_call *call)
{
    arch_regs regs = *saved;
    arch_prepare_syscall(&regs, insn, call->number, call->args);
    int r = engine_set_regs(engine, tid, &regs);
    if (r == 0)
        r = to_syscall_stop(engine, tid, signal); /* syscall-enter-stop */
    if (r == 0)
        r = finish_call(engine, tid, call);
    int back = engine_end_syscall(engine, tid, saved);
    return back < 0 ? back : r;
}

/* A call that a signal, pending by now, interrupts where that matters. */
static bool may_enter_again(long number)
{
    return number != SYS_execve && number != SYS_execveat && number != SYS_exit &&
           number != SYS_exit_group;
}

/*
 * The thread is at the system call instruction of a call that may be one to be restarted. How the
 * kernel restarts it (perhaps by restart_syscall(2)) is decided already, and is lost if the thread
 * does another system call first. So the thread enters its own call, which is replaced, and then
 * enters it again: there, a signal that has come since interrupts it as it would have done before.
 */
static int call_in_place(struct engine *engine, pid_t tid, const arch_regs *saved, int signal,
                         struct remote_call *call)
{
    arch_regs entered, regs;
    int r = to_syscall_stop(engine, tid, signal); /* syscall-enter-stop */
    if (r == 0)
        r = engine_get_regs(engine, tid, &entered);
    if (r < 0)
        return r;
    regs = entered;
    r = engine_replace_syscall(engine, tid, &regs, call->number, call->args);
    if (r == 0)
        r = finish_call(engine, tid, call);
    int back = engine_set_pc(engine, tid, &entered, arch_pc(saved));
    if (back == 0)
        back = engine_end_syscall(engine, tid, &entered);
    if (back == 0 && may_enter_again(arch_syscall_number(&entered)))
        back = to_syscall_stop(engine, tid, 0); /* syscall-enter-stop */
    return back < 0 ? back : r;
}

int remote_syscall(struct address_space *space, pid_t tid, long number, const uint64_t args[6],
                   int64_t *result)
{
    struct engine *engine = space->engine;
    struct remote_call call = {.number = number, .args = args};
    arch_regs saved;
    uint64_t mask, all = ~UINT64_C(0);
    if (remote_syscall_forbidden(tid))
        return -EPERM;
    int r = engine_get_regs(engine, tid, &saved);
    if (r < 0)
        return r;
    bool in_place = arch_restarts_before_stop && is_syscall_insn(space, arch_pc(&saved));
    target_addr insn = arch_pc(&saved);
    if (!in_place) {
        r = space->syscall_insn.value ? 0 : find_syscall_insn(space, tid);
        insn = r == 0 ? space->syscall_insn : preceding_syscall_insn(space, &saved);
    }
    if (insn.value)
        r = engine_get_mask(engine, tid, &mask);
    if (r == 0)
        r = engine_set_mask(engine, tid, all);
    if (r < 0)
        return r;

    /* A deferred SIGTRAP can only be delivered now, while the thread is in its trap. It was
       blocked, and must be from here on. */
    struct tracee *tracee = tracee_find(engine, tid);
    int signal = tracee ? tracee_take_deferred_trap(tracee) : 0;
    if (signal)
        mask |= UINT64_C(1) << (signal - 1);
    if (tracee)
        tracee->left_trap = true;
    r = in_place ? call_in_place(engine, tid, &saved, signal, &call)
                 : call_elsewhere(engine, tid, &saved, insn, signal, &call);
    *result = call.result;
    int unmask = engine_set_mask(engine, tid, mask);
    if (unmask < 0)
        return unmask;
    /* When a thread resumes from a syscall-stop, the kernel does not restart an interrupted system
       call; when it resumes from a trap, it does (arch_do_signal_or_restart()). */
    int settled = wait_settle(engine, tid);
    return r < 0 ? r : settled;
}

static int remote_prctl(struct address_space *space, pid_t tid, int what, uint64_t value,
                        int64_t *result)
{
    const uint64_t args[6] = {(uint64_t)what, value};
    int r = remote_syscall(space, tid, SYS_prctl, args, result);
    return r < 0 ? r : *result < 0 ? (int)*result : 0;
}

int remote_open_memory(struct address_space *space, pid_t child)
{
    int64_t dumpable = 0, result;
    int fd = memory_open(child);
    /* If not the dumpable attribute forbade it, setting that does not help. */
    if (fd != -EACCES || remote_prctl(space, child, PR_GET_DUMPABLE, 0, &dumpable) < 0 ||
        dumpable == 1 || remote_prctl(space, child, PR_SET_DUMPABLE, 1, &result) < 0)
        return fd;
    fd = memory_open(child);
    /* The value 2, which only the kernel can set (core(5)), is replaced by 0, which forbids the
       same. */
    int r = remote_prctl(space, child, PR_SET_DUMPABLE, 0, &result);
    if (r < 0 && fd >= 0)
        close(fd);
    return r < 0 ? r : fd;
}
