/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/current_cpu.h"

#include <sched.h>
#include <sys/uio.h>

#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_files.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* linux/ptrace.h, since 5.13 */
enum { REQUEST_GET_RSEQ_CONFIGURATION = 0x420f };
struct rseq_configuration {
    uint64_t pointer;
    uint32_t size;
    uint32_t signature;
    uint32_t flags;
    uint32_t pad;
};

enum {
    RSEQ_CPU_ID_OFFSET = 4,
    RSEQ_ASKED_MAX = 8, /* the C library registers it early, but after some instructions */
};

target_addr cpu_address(struct tracee *tracee)
{
    struct rseq_configuration rseq = {0};
    if (tracee->rseq.value || tracee->rseq_asked >= RSEQ_ASKED_MAX)
        return tracee->rseq;
    tracee->rseq_asked++;
    if (engine_ptrace(tracee->process->engine, REQUEST_GET_RSEQ_CONFIGURATION, tracee->tid,
                      (void *)sizeof(rseq), (uintptr_t)&rseq) == 0 &&
        rseq.pointer)
        tracee->rseq = target_addr_of(rseq.pointer + RSEQ_CPU_ID_OFFSET);
    return tracee->rseq;
}

static int cpu_from_stat(struct tracee *tracee)
{
    cleanup(cleanup_fd) int opened = -1;
    if (tracee->stat_fd >= 0)
        return proc_stat_cpu(tracee->stat_fd);
    opened = proc_stat_open(tracee->process->pid, tracee->tid);
    int cpu = opened < 0 ? -1 : proc_stat_cpu(opened);
    if (opened >= 0 && descriptors_may_keep(opened))
        tracee->stat_fd = take_fd(&opened);
    return cpu;
}

int cpu_known(const struct tracee *tracee)
{
    return tracee->pinning.bound ? tracee->pinning.bound->pinning.cpu : -1;
}

int cpu_is_only(pid_t tid, int cpu)
{
    cpu_set_t now;
    if (sched_getaffinity(tid, sizeof(now), &now) < 0)
        return -1;
    return CPU_COUNT(&now) == 1 && CPU_ISSET(cpu, &now);
}

int cpu_of(struct tracee *tracee)
{
    int known = cpu_known(tracee);
    if (known >= 0)
        return known;
    target_addr at = cpu_address(tracee);
    uint32_t cpu = 0;
    struct iovec local = {&cpu, sizeof(cpu)}, remote = {(void *)(uintptr_t)at.value, sizeof(cpu)};
    tracee->process->engine->stats.memory_reads += at.value != 0;
    if (at.value && memory_read_pieces(tracee->tid, address_space_memory(tracee->process->space),
                                       &local, &remote, 1) == sizeof(cpu))
        return (int)cpu;
    return cpu_from_stat(tracee);
}
