/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/helper_thread.h"

#include <errno.h>
#include <sys/ptrace.h>

#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/wait_status.h"

struct tracee *helper_thread_interrupt(struct engine *engine, const struct address_space *space)
{
    struct tracee *tracee;
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_after(tracee))
        if (!tracee->vforking && !wait_is_unstoppable(tracee->tid) &&
            engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0) == 0)
            return tracee;
    return NULL;
}

pid_t helper_thread_get(struct address_space *space)
{
    struct engine *engine = space->engine;
    struct stop stop;
    if (space->helper)
        return space->helper;
    struct tracee *tracee = helper_thread_interrupt(engine, space);
    if (!tracee || wait_for_stop(engine, tracee->tid, &stop) < 0)
        return -ESRCH;
    /* It has something to report first, which the layers above must handle. */
    return wait_is_settled(&stop) ? tracee->tid : -EAGAIN;
}
