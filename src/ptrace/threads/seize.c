/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/seize.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/proc_status.h"
#include "util/addr.h"
#include "util/cleanup.h"

/* The options of every tracee. */
static const unsigned long trace_options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                                           PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
                                           PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;

enum {
    TICK_NS = 10000000,
    ANCESTORS_MAX = 10000, /* parents read one after the other, while processes come and go, might
                              form a cycle */
};

int engine_seize(struct engine *engine, pid_t tid)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = WAKEUP_SIGNAL,
        .sigev_value = {.sival_ptr = engine},
    };
    const struct itimerspec ticks = {.it_value.tv_nsec = TICK_NS, .it_interval.tv_nsec = TICK_NS};
    timer_t timer;
    event._sigev_un._tid = gettid();
    /* Without tracees there is nothing to reap. */
    bool has_timer =
        engine->tracees.count > 0 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
    atomic_store(&engine->seizing, has_timer);
    if (has_timer)
        timer_settime(timer, 0, &ticks, NULL);
    int r = engine_ptrace(engine, PTRACE_SEIZE, tid, NULL, trace_options);
    atomic_store(&engine->seizing, false);
    if (has_timer)
        timer_delete(timer);
    return r;
}

int seize_scope(void)
{
    long scope;
    int r = proc_number("/proc/sys/kernel/yama/ptrace_scope", &scope);
    /* Without Yama there is no such file. If it cannot be read now, assume a restriction. */
    return r == 0 ? (int)scope : r == -ENOENT ? 0 : 1;
}

static bool is_descendant(pid_t pid)
{
    for (int i = 0; pid > 1 && i < ANCESTORS_MAX; i++) {
        if (pid == getpid())
            return true;
        pid = (pid_t)proc_status_number(pid, "PPid");
    }
    return false;
}

/* Yama's rule for a thread that is not traced yet (security/yama/yama_lsm.c:
   yama_ptrace_access_check makes an exception for its current tracer). */
static bool yama_allows(pid_t tid)
{
    uint64_t effective;
    return seize_scope() == 0 ||
           (proc_status_set(gettid(), "CapEff", &effective) == 0 &&
            (effective >> CAP_SYS_PTRACE) & 1) ||
           is_descendant(tid);
}

bool engine_may_seize(pid_t tid, target_addr at)
{
    char byte;
    const struct iovec local = {.iov_base = &byte, .iov_len = 1};
    const struct iovec remote = {.iov_base = (void *)(uintptr_t)at.value, .iov_len = 1};
    /* The kernel makes the same check as for PTRACE_SEIZE, PTRACE_MODE_ATTACH, in
       process_vm_readv(2), which containers may forbid, and in open(2) of /proc/PID/mem, which may
       belong to another user. */
    if (memory_read_pieces(tid, -1, &local, &remote, 1) != 1) {
        cleanup(cleanup_fd) int fd = memory_open(tid);
        if (fd < 0)
            return false;
    }
    return yama_allows(tid);
}
