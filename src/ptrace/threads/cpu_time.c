/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/cpu_time.h"

#include <errno.h>
#include <string.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/os/proc_files.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"

/* tracee->schedstat_fd: the file is of no use. */
enum { NOT_READABLE = -2 };

static void cpu_time_unknown(struct tracee *tracee, int code)
{
    struct engine *engine = tracee->process->engine;
    cleanup_fd(&tracee->schedstat_fd);
    tracee->schedstat_fd = NOT_READABLE;
    if (!engine->cpu_times_told)
        log_warning("the kernel does not tell how long thread %d is on a CPU "
                    "(/proc/%d/task/%d/schedstat: %s): the field cpu is 0; others like it are not "
                    "named",
                    tracee->tid, tracee->process->pid, tracee->tid, strerror(-code));
    engine->cpu_times_told = true;
}

uint64_t cpu_time_of(struct tracee *tracee, const struct probe *probe)
{
    cleanup(cleanup_fd) int opened = -1;
    uint64_t ns = 0;
    if (!probe->wants_cpu || tracee->schedstat_fd == NOT_READABLE)
        return 0;
    int fd = tracee->schedstat_fd;
    if (fd < 0)
        fd = opened = proc_schedstat_open(tracee->process->pid, tracee->tid);
    int r = fd < 0 ? fd : proc_schedstat_run_ns(fd, &ns);
    /* Without a descriptor or memory now, or when the thread has been killed, others may have. */
    if (r < 0 && !descriptors_out(r) && r != -ESRCH)
        cpu_time_unknown(tracee, r);
    else if (r == 0 && opened >= 0 && descriptors_may_keep(opened))
        tracee->schedstat_fd = take_fd(&opened);
    return ns;
}

uint64_t cpu_time_of_call(const struct frame *frame, uint64_t now_ns)
{
    return frame->thread_cpu_ns && now_ns > frame->thread_cpu_ns ? now_ns - frame->thread_cpu_ns
                                                                 : 0;
}
