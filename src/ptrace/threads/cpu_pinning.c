/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/cpu_pinning.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/threads/current_cpu.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/table.h"

enum {
    PIN_PAUSE_NS =
        1000000000 /* no binding for so long after the program has asked for affinities */
};

int cpu_pinning_own(const struct engine *engine, cpu_set_t *own)
{
    const struct tracer_thread *primary = engine->tracers[0];
    if (primary->pinning.n_bound) {
        *own = primary->pinning.own;
        return 0;
    }
    return sched_getaffinity(primary->tid, sizeof(*own), own) < 0 ? -errno : 0;
}

void cpu_pinning_open(struct tracer_thread *tracer)
{
    cpu_set_t own;
    if (cpu_pinning_own(tracer->engine, &own) < 0 ||
        sched_setaffinity(tracer->tid, sizeof(own), &own) < 0)
        log_debug("cannot set the CPU affinity of a tracer thread");
}

unsigned cpu_pinning_cpus(const struct engine *engine)
{
    cpu_set_t own;
    return cpu_pinning_own(engine, &own) < 0 ? 1 : (unsigned)CPU_COUNT(&own);
}

static void set_timer(struct tracer_thread *tracer, bool on)
{
    struct thread_pinning *p = &tracer->pinning;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WAKEUP_SIGNAL};
    event._sigev_un._tid = tracer->tid;
    if (on && !p->has_timer)
        p->has_timer = timer_create(CLOCK_MONOTONIC, &event, &p->timer) == 0;
    if (!p->has_timer)
        return;
    struct itimerspec spec = {0};
    if (on)
        spec.it_interval.tv_nsec = spec.it_value.tv_nsec = CPU_PINNING_REVIEW_NS;
    timer_settime(p->timer, 0, &spec, NULL);
}

/* Moves the tracer thread to the CPU of the first tracee to bind; unpin_tracer() moves it back
   after the last. */
static int pin_tracer(struct tracer_thread *tracer, int cpu)
{
    struct thread_pinning *p = &tracer->pinning;
    cpu_set_t there;
    CPU_ZERO(&there);
    CPU_SET(cpu, &there);
    if (sched_getaffinity(tracer->tid, sizeof(p->own), &p->own) < 0 || !CPU_ISSET(cpu, &p->own) ||
        sched_setaffinity(tracer->tid, sizeof(there), &there) < 0)
        return -EINVAL;
    p->cpu = cpu;
    set_timer(tracer, true);
    return 0;
}

static void unpin_tracer(struct tracer_thread *tracer)
{
    struct thread_pinning *p = &tracer->pinning;
    set_timer(tracer, false);
    if (sched_setaffinity(tracer->tid, sizeof(p->own), &p->own) < 0)
        log_debug("cannot set the tracer's own affinity: %s", strerror(errno));
}

static void link_bound(struct tracer_thread *tracer, struct tracee *tracee)
{
    struct thread_pinning *p = &tracer->pinning;
    struct tracee_pinning *pin = &tracee->pinning;
    pin->bound = tracer;
    pin->prev = NULL;
    pin->next = p->bound;
    if (p->bound)
        p->bound->pinning.prev = tracee;
    p->bound = tracee;
    p->n_bound++;
}

static void unlink_bound(struct tracee *tracee)
{
    struct tracee_pinning *pin = &tracee->pinning;
    struct tracer_thread *tracer = pin->bound;
    struct thread_pinning *p = &tracer->pinning;
    if (pin->prev)
        pin->prev->pinning.next = pin->next;
    else
        p->bound = pin->next;
    if (pin->next)
        pin->next->pinning.prev = pin->prev;
    pin->bound = NULL;
    pin->prev = pin->next = NULL;
    if (--p->n_bound == 0)
        unpin_tracer(tracer);
}

/* Gives `tid` its own affinity back, unless somebody else has changed it meanwhile. false: no such
   thread. */
static bool restore(const struct thread_pinning *p, pid_t tid, const cpu_set_t *affinity)
{
    int in_place = cpu_is_only(tid, p->cpu);
    if (in_place > 0 && sched_setaffinity(tid, sizeof(*affinity), affinity) < 0 && errno != ESRCH)
        log_warning("cannot restore the CPU affinity of thread %d: %s", tid, strerror(errno));
    return in_place >= 0;
}

void cpu_pinning_unbind(struct tracee *tracee)
{
    if (!tracee->pinning.bound)
        return;
    const struct thread_pinning *p = &tracee->pinning.bound->pinning;
    /* A thread in the middle of an execve(2) may already be the leader of its process. */
    if (!restore(p, tracee->tid, &tracee->pinning.affinity))
        restore(p, tracee->process->pid, &tracee->pinning.affinity);
    unlink_bound(tracee);
}

/* Whether another tracer thread has its tracees bound to that CPU. */
static bool is_cpu_taken(const struct engine *engine, const struct tracer_thread *tracer, int cpu)
{
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        const struct tracer_thread *other = engine->tracers[i];
        if (other != tracer && other->pinning.n_bound && other->pinning.cpu == cpu)
            return true;
    }
    return false;
}

int cpu_pinning_cpu_for(const struct engine *engine, const struct tracer_thread *tracer,
                        const cpu_set_t *affinity, int now)
{
    cpu_set_t own;
    if (tracer && tracer->pinning.n_bound)
        return CPU_ISSET(tracer->pinning.cpu, affinity) ? tracer->pinning.cpu : -1;
    if (cpu_pinning_own(engine, &own) < 0)
        return -1;
    CPU_AND(&own, &own, affinity);
    if (now >= 0 && now < CPU_SETSIZE && CPU_ISSET(now, &own) && !is_cpu_taken(engine, tracer, now))
        return now;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &own) && !is_cpu_taken(engine, tracer, cpu))
            return cpu;
    return -1;
}

int cpu_pinning_bind(struct tracer_thread *tracer, struct tracee *tracee, int cpu)
{
    struct thread_pinning *p = &tracer->pinning;
    cpu_set_t there;
    if (cpu < 0 || (p->n_bound == 0 && pin_tracer(tracer, cpu) < 0))
        return -EINVAL;
    CPU_ZERO(&there);
    CPU_SET(cpu, &there);
    if (sched_setaffinity(tracee->tid, sizeof(there), &there) < 0) {
        int code = errno;
        log_debug("cannot bind thread %d to CPU %d: %s", tracee->tid, cpu, strerror(code));
        tracer->engine->no_binding = tracer->engine->no_binding || code == EPERM;
        if (p->n_bound == 0)
            unpin_tracer(tracer);
        return -code;
    }
    link_bound(tracer, tracee);
    if (p->n_bound == 1)
        p->review_ns = clock_now_ns() + CPU_PINNING_REVIEW_NS;
    tracer->engine->stats.bindings++;
    return 0;
}

bool cpu_pinning_own_affinity(struct tracee *tracee)
{
    struct tracee_pinning *pin = &tracee->pinning;
    return pin->bound ||
           (sched_getscheduler(tracee->tid) == SCHED_OTHER &&
            sched_getaffinity(tracee->tid, sizeof(pin->affinity), &pin->affinity) == 0);
}

void cpu_pinning_move(struct tracee *tracee, struct tracer_thread *to)
{
    struct tracee_pinning *pin = &tracee->pinning;
    struct engine *engine = to->engine;
    const struct tracer_thread *before = pin->bound;
    if (engine->no_binding || pin->never || !pin->move || !cpu_pinning_own_affinity(tracee)) {
        cpu_pinning_unbind(tracee);
        return;
    }
    pin->move = false;
    if (before)
        unlink_bound(tracee);
    if (cpu_pinning_bind(to, tracee, cpu_pinning_cpu_for(engine, to, &pin->affinity, -1)) < 0 &&
        before)
        restore(&before->pinning, tracee->tid, &pin->affinity);
}

void cpu_pinning_unbind_all(struct engine *engine)
{
    uint64_t until_ns = clock_now_ns() + PIN_PAUSE_NS;
    struct process *process;
    for (unsigned i = 0; i < engine->n_tracer_threads; i++)
        while (engine->tracers[i]->pinning.bound)
            cpu_pinning_unbind(engine->tracers[i]->pinning.bound);
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        if (process->pin_not_before_ns < until_ns)
            process->pin_not_before_ns = until_ns;
}

void cpu_pinning_unbind_space(struct engine *engine, const struct address_space *space)
{
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        for (struct tracee *t = engine->tracers[i]->pinning.bound, *next; t; t = next) {
            next = t->pinning.next;
            if (t->process->space == space)
                cpu_pinning_unbind(t);
        }
    }
}

void cpu_pinning_end(struct engine *engine, struct process *process)
{
    process->pin_not_before_ns = UINT64_MAX;
    cpu_pinning_unbind_space(engine, process->space);
}

void cpu_pinning_new_child(const struct tracee *parent, pid_t child)
{
    if (parent->pinning.bound)
        restore(&parent->pinning.bound->pinning, child, &parent->pinning.affinity);
}

void cpu_pinning_new_thread(const struct engine *engine, const struct process *process,
                            pid_t thread)
{
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        const struct thread_pinning *p = &engine->tracers[i]->pinning;
        const struct tracee *t = p->bound;
        while (t && t->process != process)
            t = t->pinning.next;
        if (t)
            restore(p, thread, &t->pinning.affinity);
    }
}

void cpu_pinning_exec(const struct engine *engine, pid_t former, pid_t tid)
{
    struct tracee *tracee = tracee_find(engine, former);
    if (!tracee || !tracee->pinning.bound)
        return;
    restore(&tracee->pinning.bound->pinning, tid, &tracee->pinning.affinity);
    unlink_bound(tracee);
}

void cpu_pinning_forget(struct tracee *tracee)
{
    if (tracee->pinning.bound)
        unlink_bound(tracee);
}

void cpu_pinning_close(struct tracer_thread *tracer)
{
    struct thread_pinning *p = &tracer->pinning;
    while (p->bound)
        cpu_pinning_unbind(p->bound);
    if (p->has_timer)
        timer_delete(p->timer);
    p->has_timer = false;
}
