#include "ptrace/foresight.h"

#include "ptrace/spans.h"

static target_addr *return_at(struct foresight *foresight, target_addr pc)
{
    return &foresight->returns[(pc.value ^ pc.value >> 6) % FORESIGHT_RETURNS];
}

void foresee(struct foresight *foresight, const struct stop *stop, bool reads)
{
    uint32_t cpu = 0;
    foresight_drop(foresight);
    foresight->tid = stop->tid;
    if (stop->kind != STOP_SIGNAL || stop->code != SIGTRAP ||
        arch_get_regs(stop->tid, &foresight->regs) < 0)
        return;
    foresight->has_regs = true;
    if (!reads || stop->tid != foresight->last_tid || !foresight->last_cpu_at.value)
        return;
    target_addr pc = arch_pc(&foresight->regs);
    struct span spans[2], *cpu_span = NULL, *return_span = NULL;
    size_t n = 0;
    if (!foresight->last_is_bound) {
        cpu_span = &spans[n++];
        *cpu_span = (struct span){.at = foresight->last_cpu_at.value, .to = &cpu, .n = sizeof(cpu)};
    }
    if (arch_return_in_memory && !target_addr_equal(*return_at(foresight, pc), pc)) {
        return_span = &spans[n++];
        *return_span = (struct span){.at = arch_entry_slot(&foresight->regs),
                                     .to = &foresight->return_address,
                                     .n = sizeof(foresight->return_address)};
    }
    if (n == 0)
        return;
    spans_read(stop->tid, -1, spans, n);
    foresight->n_reads = 1;
    if (cpu_span && cpu_span->got == sizeof(cpu))
        foresight->cpu = (int)cpu;
    foresight->has_return = return_span && return_span->got == sizeof(foresight->return_address);
}

void foresight_drop(struct foresight *foresight)
{
    foresight->tid = 0;
    foresight->has_regs = foresight->has_return = false;
    foresight->cpu = -1;
    foresight->n_reads = 0;
}

void foresight_learn(struct foresight *foresight, pid_t tid, target_addr cpu_at, bool is_bound)
{
    foresight->last_tid = tid;
    foresight->last_cpu_at = cpu_at;
    foresight->last_is_bound = is_bound;
}

void foresight_learn_return(struct foresight *foresight)
{
    target_addr pc = arch_pc(&foresight->regs);
    *return_at(foresight, pc) = pc;
}

bool foresight_take_regs(struct foresight *foresight, pid_t tid, arch_regs *regs)
{
    if (foresight->tid != tid || !foresight->has_regs) {
        foresight_drop(foresight);
        return false;
    }
    foresight->has_regs = false;
    *regs = foresight->regs;
    return true;
}
