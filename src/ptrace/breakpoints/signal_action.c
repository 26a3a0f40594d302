/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/signal_action.h"

#include <sys/syscall.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/requests.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"

/* Scratch memory below the stack pointer and its red zone, which the program does not use. */
enum { SCRATCH_BELOW = 1024 };

static target_addr scratch_of(const arch_regs *regs)
{
    return target_addr_of((arch_sp(regs) - SCRATCH_BELOW) & ~UINT64_C(15));
}

int signal_action_get(struct address_space *space, pid_t tid, int signal,
                      struct kernel_sigaction *action)
{
    arch_regs regs;
    int64_t result = 0;
    int r = engine_get_regs(space->engine, tid, &regs);
    if (r < 0)
        return r;
    target_addr scratch = scratch_of(&regs);
    const uint64_t args[6] = {(uint64_t)signal, 0, scratch.value, KERNEL_SIGSET_SIZE};
    r = remote_syscall(space, tid, SYS_rt_sigaction, args, &result);
    if (r == 0 && result < 0)
        r = (int)result;
    return r < 0 ? r : memory_read(address_space_memory(space), scratch, action, sizeof(*action));
}

int signal_action_set(struct address_space *space, pid_t tid, const arch_regs *regs, int signal,
                      const struct kernel_sigaction *action)
{
    int64_t result = 0;
    target_addr scratch = scratch_of(regs);
    int r = memory_write(address_space_memory(space), scratch, action, sizeof(*action));
    const uint64_t args[6] = {(uint64_t)signal, scratch.value, 0, KERNEL_SIGSET_SIZE};
    if (r == 0)
        r = remote_syscall(space, tid, SYS_rt_sigaction, args, &result);
    return r < 0 ? r : (int)result;
}
