#include "ptrace/requests.h"

#include <errno.h>
#include <sys/ptrace.h>

#include "ptrace/core.h"

/* linux/ptrace.h, which cannot be included next to <sys/ptrace.h> */
enum { REQUEST_GETSIGMASK = 0x420a, REQUEST_SETSIGMASK = 0x420b };

static enum engine_request kind_of(int request)
{
    switch (request) {
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
    case PTRACE_LISTEN:
        return REQUEST_RESUME;
    case PTRACE_SINGLESTEP:
        return REQUEST_STEP;
    case PTRACE_INTERRUPT:
        return REQUEST_INTERRUPT;
    case PTRACE_SEIZE:
        return REQUEST_SEIZE;
    case PTRACE_DETACH:
        return REQUEST_DETACH;
    case PTRACE_GETSIGINFO:
    case PTRACE_SETSIGINFO:
        return REQUEST_SIGINFO;
    case REQUEST_GETSIGMASK:
    case REQUEST_SETSIGMASK:
        return REQUEST_SIGMASK;
    default:
        return REQUEST_OTHER;
    }
}

int engine_ptrace(struct engine *engine, int request, pid_t tid, void *addr, uintptr_t data)
{
    engine->stats.requests[kind_of(request)]++;
    return ptrace((enum __ptrace_request)request, tid, addr, data) < 0 ? -errno : 0;
}

int engine_get_regs(struct engine *engine, pid_t tid, arch_regs *regs)
{
    engine->stats.requests[REQUEST_GET_REGS]++;
    return arch_get_regs(tid, regs);
}

int engine_set_regs(struct engine *engine, pid_t tid, const arch_regs *regs)
{
    engine->stats.requests[REQUEST_SET_REGS]++;
    return arch_set_regs(tid, regs);
}

int engine_get_float_regs(struct engine *engine, pid_t tid, struct arch_float_regs *regs)
{
    engine->stats.requests[REQUEST_GET_FLOAT_REGS]++;
    return arch_get_float_regs(tid, regs);
}

int engine_set_pc(struct engine *engine, pid_t tid, arch_regs *regs, target_addr pc)
{
    engine->stats.requests[REQUEST_SET_PC]++;
    return arch_set_pc(tid, regs, pc);
}

int engine_get_mask(struct engine *engine, pid_t tid, uint64_t *mask)
{
    return engine_ptrace(engine, REQUEST_GETSIGMASK, tid, (void *)sizeof(*mask), (uintptr_t)mask);
}

int engine_set_mask(struct engine *engine, pid_t tid, uint64_t mask)
{
    return engine_ptrace(engine, REQUEST_SETSIGMASK, tid, (void *)sizeof(mask), (uintptr_t)&mask);
}
