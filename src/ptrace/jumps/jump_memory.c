/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jump_memory.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>

#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/helper_thread.h"
#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/pacing.h"
#include "ptrace/jumps/rings.h"
#include "ptrace/jumps/stopped_threads.h"
#include "util/addr.h"
#include "util/clock.h"
#include "util/log.h"

struct process *process_reported(const struct address_space *space)
{
    struct process *process = space->processes;
    while (process && process->silent)
        process = process->next_in_space;
    return process;
}

/*
 * Makes processors fetch code anew before they run a thread of the program again that was stopped:
 * a process that is registered has that guarantee when another one, or the kernel, had the
 * processor in between (the kernel's
 * Documentation/features/sched/membarrier-sync-core/arch-support.txt).
 */
static int register_barrier(struct address_space *space, pid_t helper)
{
    const uint64_t args[6] = {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE};
    int64_t result = 0;
    int r = remote_syscall(space, helper, SYS_membarrier, args, &result);
    if (r == 0 && result < 0)
        log_debug("no membarrier: %s", strerror((int)-result));
    return r;
}

static int make_memory(struct address_space *space)
{
    struct jumps *jumps = space->jumps;
    target_addr empty;
    pid_t helper = helper_thread_get(space), before = space->helper;
    if (helper == -EAGAIN && (helper = stopped_threads_unhit(space)) == 0)
        helper = -EAGAIN;
    if (helper < 0)
        return helper;
    space->helper = helper;
    int r = register_barrier(space, helper);
    if (r == 0)
        r = code_slots_take(space, NULL, jumps->hot.items[0]->at, SLOT_UNIT, &empty);
    if (r == 0)
        r = ring_memory_make(&jumps->rings.memory, space, helper, empty);
    space->helper = before;
    return r;
}

int jump_memory_prepare(struct address_space *space)
{
    struct jumps *jumps = space->jumps;
    const struct process *process = process_reported(space);
    if (jumps->rings.memory.base || jumps->hot.count == 0)
        return 0;
    uint64_t start_ns = clock_now_ns();
    int r = process ? make_memory(space) : -EAGAIN;
    uint64_t end_ns = clock_now_ns();
    /* On a busy machine it may take seconds, for which one thread is stopped. As it is made once,
       the first jumps wait no longer than after a budget that is used up. */
    if (end_ns - start_ns > PACING_BUDGET_NS)
        start_ns = end_ns - PACING_BUDGET_NS;
    pacing_note(&jumps->pacing, start_ns, end_ns);
    if (r == -EAGAIN || r == -ESRCH)
        return -EAGAIN;
    if (r < 0) {
        jumps->hot.count = 0;
        jumps->refused = "the program cannot be made to map memory for them";
        if (!space->engine->jumping->refusal_told)
            log_warning("process %d is traced by stops alone: %s (%s); others like it are not "
                        "named",
                        process->pid, jumps->refused, strerror(-r));
        space->engine->jumping->refusal_told = true;
    }
    return r;
}
