/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/tracee_migration.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/cpu_pinning.h"
#include "ptrace/threads/seize.h"
#include "util/addr.h"
#include "util/log.h"

enum {
    /* Another tracer may attach for a moment to the detached thread. */
    TRIES_MAX = 1000,
    TRY_AGAIN_NS = 1000000,
};

/* Makes space->spin_slot if there is none. */
static bool make_spin_slot(struct address_space *space, const struct site *site)
{
    target_addr place;
    if (space->spin_slot.value)
        return true;
    if (code_slots_take(space, NULL, site->at, arch_spin_insn_length, &place) < 0 ||
        memory_write(address_space_memory(space), place, arch_spin_insn, arch_spin_insn_length) < 0)
        return false;
    space->engine->stats.text_writes++;
    space->changes++;
    space->spin_slot = place;
    return true;
}

/* Whether a tracer thread may attach to a thread. */
struct seize_check {
    pid_t tid;
    target_addr at;
    bool may;
};

/* Runs on the new owner's thread, since the kernel checks the rights of the calling thread. */
static void check_may_seize(void *data)
{
    struct seize_check *check = data;
    check->may = engine_may_seize(check->tid, check->at);
}

bool tracee_migration_prepare(struct tracee *tracee, const struct site *site)
{
    struct process *process = tracee->process;
    if (!make_spin_slot(process->space, site))
        return false;
    struct seize_check check = {.tid = tracee->tid, .at = process->space->spin_slot};
    tracer_thread_call(tracee->migrate_to, check_may_seize, &check);
    process->never_migrates = !check.may;
    return check.may;
}

/* A migration in progress. */
struct migration {
    struct engine *engine;
    struct tracee *tracee;
    int result;
};

/* -ESRCH: the thread has ended. -EBUSY: this process traces it already: it was the leader of its
   process, and a thread that executes a program has taken over its ID. */
static int seize_tracee(struct engine *engine, pid_t tid)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        int r = engine_seize(engine, tid);
        if (r != -EPERM)
            return r;
        if (wait_is_dead(tid))
            return -ESRCH;
        if (proc_status_number(tid, "TracerPid") == getpid())
            return -EBUSY;
        struct timespec pause = {.tv_nsec = TRY_AGAIN_NS};
        nanosleep(&pause, NULL);
    }
    return -EPERM;
}

/* Runs on the new owner's thread: attaches to the thread and stops it. */
static void seize_and_stop(void *data)
{
    struct migration *migration = data;
    struct engine *engine = migration->engine;
    pid_t tid = migration->tracee->tid;
    struct stop stop = {.kind = STOP_OTHER};
    int r = seize_tracee(engine, tid);
    migration->result = r;
    if (r < 0)
        return;
    /* From here on its end is reported to this tracer thread. */
    r = engine_ptrace(engine, PTRACE_INTERRUPT, tid, NULL, 0);
    while (r == 0) {
        r = wait_for_stop(engine, tid, &stop);
        if (r < 0 || stop_is_end(&stop) || stop.kind == STOP_INTERRUPTED || stop.kind == STOP_GROUP)
            return;
        /* SIGSTOP cannot be blocked. */
        r = engine_ptrace(engine, PTRACE_CONT, tid, NULL,
                          stop.kind == STOP_SIGNAL ? (uintptr_t)stop.code : 0);
    }
}

/* Makes the detached thread, which jumps to itself, a tracee of `to`. 0: it is stopped or has
   ended. */
static int move(struct engine *engine, struct tracee *tracee, struct tracer_thread *to)
{
    struct migration migration = {.engine = engine, .tracee = tracee};
    struct tracer_thread *from = tracee->owner;
    tracee_set_owner(tracee, to);
    tracer_thread_call(to, seize_and_stop, &migration);
    engine->stats.migrations++;
    if (migration.result < 0)
        tracee_set_owner(tracee, from);
    return migration.result;
}

int tracee_migrate(struct engine *engine, struct tracee *tracee, struct tracer_thread *to,
                   arch_regs *regs, target_addr pc)
{
    pid_t tid = tracee->tid;
    uint64_t mask;
    tracee->migrate_to = NULL;
    if (engine_get_mask(engine, tid, &mask) < 0 || engine_set_mask(engine, tid, ~UINT64_C(0)) < 0 ||
        engine_set_pc(engine, tid, regs, tracee->process->space->spin_slot) < 0)
        return 0; /* killed: the loop handles its end */
    cpu_pinning_move(tracee, to);
    if (engine_ptrace(engine, PTRACE_DETACH, tid, NULL, 0) < 0)
        return 0;
    switch (move(engine, tracee, to)) {
    case 0:
        break;
    case -EBUSY:
        return 0; /* the exec event of the thread that took over its ID is still to come */
    case -EPERM:
        log_warning("thread %d is traced by somebody else, or may not be traced any more", tid);
        /* fall through */
    default:
        return -ESRCH;
    }
    /* The new owner's loop handles the stop and resumes it. */
    if (engine_set_pc(engine, tid, regs, pc) == 0)
        engine_set_mask(engine, tid, mask);
    return 0;
}

void tracee_migrate_executed(struct engine *engine, struct tracee *tracee,
                             struct address_space *space)
{
    struct tracer_thread *primary = engine->tracers[0];
    uint8_t code[ARCH_TRAP_MAX];
    arch_regs regs;
    pid_t tid = tracee->tid;
    uint64_t mask;
    if (tracee->owner == primary || !proc_is_own_child(tid))
        return;
    /* There is no slot yet, but also no other thread that could run this code. */
    if (engine_get_regs(engine, tid, &regs) < 0 || engine_get_mask(engine, tid, &mask) < 0 ||
        memory_read(address_space_memory(space), arch_pc(&regs), code, arch_spin_insn_length) < 0 ||
        memory_write(address_space_memory(space), arch_pc(&regs), arch_spin_insn,
                     arch_spin_insn_length) < 0)
        return;
    /* PTRACE_DETACH fails only for a thread that was killed. */
    if (engine_set_mask(engine, tid, ~UINT64_C(0)) < 0 ||
        engine_ptrace(engine, PTRACE_DETACH, tid, NULL, 0) < 0)
        return;
    if (move(engine, tracee, primary) < 0)
        /* It is our child: its end is reported to the primary. */
        tracee_set_owner(tracee, primary);
    int r = memory_write(address_space_memory(space), arch_pc(&regs), code, arch_spin_insn_length);
    engine_set_mask(engine, tid, mask);
    if (r < 0 && r != -ESRCH)
        log_warning("cannot restore the first instruction of process %d: %s", tid, strerror(-r));
}
