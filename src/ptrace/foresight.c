#include "ptrace/foresight.h"

#include "ptrace/spans.h"

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
    struct span spans[2] = {
        {.at = foresight->last_cpu_at.value, .to = &cpu, .n = sizeof(cpu)},
        {.at = arch_entry_slot(&foresight->regs),
         .to = &foresight->return_address,
         .n = sizeof(foresight->return_address)},
    };
    spans_read(stop->tid, -1, spans, arch_return_in_memory ? 2 : 1);
    if (spans[0].got == sizeof(cpu))
        foresight->cpu = (int)cpu;
    foresight->has_return =
        arch_return_in_memory && spans[1].got == sizeof(foresight->return_address);
}

void foresight_drop(struct foresight *foresight)
{
    foresight->tid = 0;
    foresight->has_regs = foresight->has_return = false;
    foresight->cpu = -1;
}

void foresight_learn(struct foresight *foresight, pid_t tid, target_addr cpu_at)
{
    foresight->last_tid = tid;
    foresight->last_cpu_at = cpu_at;
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
