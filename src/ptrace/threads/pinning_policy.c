/* SPDX-License-Identifier: MIT */
#include "ptrace/threads/pinning_policy.h"

#include <limits.h>
#include <sched.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/os/proc_files.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/threads/cpu_pinning.h"
#include "ptrace/threads/current_cpu.h"
#include "ptrace/threads/thread_pool.h"
#include "util/clock.h"

enum {
    LOOK_HITS = 64,
    SLOW_HIT_NS = 200000, /* less frequent hits cost little on any CPU */
    /* The longest run time between two stops of a thread that is to be bound. Alone: as long as the
       stops are a fair part of its time. Beside others, which could run meanwhile on other CPUs: no
       longer than the additional cost of a stop across CPUs. */
    RUNS_ALONE_NS = 100000,
    RUNS_BESIDE_NS = 15000,
    REST_NS = 200000000, /* of a thread that was unbound */
    /* waitid(2) looks at all tracees of the caller: with more than this the primary keeps no busy
       thread that another tracer thread could trace. */
    TRACEES_MANY = 64,
    TRACERS_TESTED = 3, /* with engine_options.migrate_every */
};

/* The limit of tracer threads: about one for each CPU that the tracer may use. */
static unsigned threads_most(const struct engine *engine)
{
    unsigned cpus = cpu_pinning_cpus(engine);
    return cpus < 2 ? 2 : cpus > TRACER_THREADS_MAX ? TRACER_THREADS_MAX : cpus;
}

/* The tracer thread with that number, which is started if needed. NULL: that failed. */
static struct tracer_thread *get_tracer(struct engine *engine, unsigned index)
{
    bool is_new = index >= engine->n_tracer_threads;
    struct tracer_thread *tracer = thread_pool_get(engine, index);
    if (tracer && is_new)
        cpu_pinning_open(tracer);
    return tracer;
}

static uint64_t longest_run_ns(unsigned n_bound)
{
    return n_bound > 1 ? RUNS_BESIDE_NS : RUNS_ALONE_NS;
}

/* The run time per hit since the last call. UINT64_MAX: not known. */
static uint64_t runs_for_ns(struct tracee *tracee, uint64_t now_ns)
{
    struct tracee_pinning *pin = &tracee->pinning;
    uint64_t ran_ns = proc_run_time_ns(tracee->process->pid, tracee->tid), before_ns = pin->ran_ns;
    uint64_t span_ns = now_ns - pin->looked_ns;
    unsigned hits = pin->hits;
    pin->ran_ns = ran_ns;
    pin->looked_ns = now_ns;
    pin->hits = 0;
    if (hits == 0)
        return UINT64_MAX;
    if (ran_ns == 0)
        return span_ns / hits; /* an upper limit: the elapsed time */
    return before_ns ? (ran_ns - before_ns) / hits : UINT64_MAX;
}

/*
 * Whether the thread, which is stopped at a breakpoint, can migrate to another tracer thread. Not
 * if its signal mask is uncertain, and not the main thread of a child of this process: waitid(2)
 * reports its stops to the thread that forked it, whoever traces it.
 */
static bool may_migrate(const struct tracee *tracee)
{
    const struct process *process = tracee->process;
    return tracee->trap_block == TRAP_NOT_BLOCKED && !process->trap.special &&
           tracee->deferred_trap.si_signo == 0 && !tracee->in_sigaction && !process->silent &&
           !process->never_migrates &&
           (tracee->tid != process->pid || !proc_is_own_child(process->pid));
}

/* The tracer thread with the fewest bound threads that could bind this one, too. It may be its
   owner. Starts a new one if that is better. */
static struct tracer_thread *least_loaded(struct tracee *tracee, int cpu)
{
    struct tracer_thread *owner = tracee->owner, *best = NULL;
    struct engine *engine = owner->engine;
    const cpu_set_t *affinity = &tracee->pinning.affinity;
    unsigned least = UINT_MAX;
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        struct tracer_thread *tracer = engine->tracers[i];
        unsigned load = tracer->pinning.n_bound - (tracer == tracee->pinning.bound);
        if ((i == 0 && tracer->n_tracees > TRACEES_MANY && tracer != owner) ||
            cpu_pinning_cpu_for(engine, tracer, affinity, cpu) < 0)
            continue;
        if (i == 0 && tracer->n_tracees > TRACEES_MANY)
            load++; /* prefer the others */
        if (load < least || (load == least && tracer == owner)) {
            best = tracer;
            least = load;
        }
    }
    if (least > 0 && engine->n_tracer_threads < threads_most(engine) &&
        cpu_pinning_cpu_for(engine, NULL, affinity, -1) >= 0) {
        struct tracer_thread *fresh = get_tracer(engine, engine->n_tracer_threads);
        best = fresh ? fresh : best;
    }
    return best;
}

/* The tracer thread to migrate the thread to. NULL: it stays. */
static struct tracer_thread *spread(struct tracee *tracee, int cpu)
{
    if (!may_migrate(tracee))
        return NULL;
    struct tracer_thread *best = least_loaded(tracee, cpu);
    if (!best || best == tracee->owner)
        return NULL;
    tracee->pinning.move = true;
    return best;
}

static void bind(struct tracee *tracee, int cpu)
{
    struct tracer_thread *tracer = tracee->owner;
    if (cpu_pinning_bind(
            tracer, tracee,
            cpu_pinning_cpu_for(tracer->engine, tracer, &tracee->pinning.affinity, cpu)) < 0)
        tracee->pinning.never = true;
}

static void review(struct tracer_thread *tracer, uint64_t now_ns)
{
    struct thread_pinning *p = &tracer->pinning;
    for (struct tracee *tracee = p->bound, *next; tracee; tracee = next) {
        next = tracee->pinning.next;
        if (cpu_is_only(tracee->tid, p->cpu) > 0 &&
            runs_for_ns(tracee, now_ns) <= 2 * longest_run_ns(p->n_bound)) {
            /* Another CPU may have become free: checked at its next hit. */
            tracee->pinning.crowded = p->n_bound > 1;
            continue;
        }
        cpu_pinning_unbind(tracee);
        tracee->pinning.not_before_ns = now_ns + REST_NS;
    }
    p->review_ns = now_ns + CPU_PINNING_REVIEW_NS;
}

void pinning_policy_look(struct tracer_thread *tracer)
{
    if (tracer->pinning.n_bound == 0)
        return;
    uint64_t now_ns = clock_now_ns();
    if (now_ns >= tracer->pinning.review_ns)
        review(tracer, now_ns);
}

static struct tracer_thread *consider(struct tracee *tracee, int cpu, uint64_t now_ns)
{
    struct thread_pinning *p = &tracee->owner->pinning;
    struct tracee_pinning *pin = &tracee->pinning;
    if (now_ns - pin->looked_ns > (uint64_t)LOOK_HITS * SLOW_HIT_NS) {
        pin->hits = 0;
        pin->ran_ns = 0;
        pin->looked_ns = now_ns;
        return NULL;
    }
    uint64_t runs_ns = runs_for_ns(tracee, now_ns);
    if (runs_ns > RUNS_ALONE_NS || now_ns < pin->not_before_ns ||
        now_ns < tracee->process->pin_not_before_ns)
        return NULL;
    if (!cpu_pinning_own_affinity(tracee)) {
        pin->never = true;
        return NULL;
    }
    struct tracer_thread *to = spread(tracee, cpu);
    if (!to && runs_ns <= longest_run_ns(p->n_bound + 1))
        bind(tracee, cpu);
    return to;
}

struct tracer_thread *pinning_policy_hit(struct engine *engine, struct tracee *tracee, int cpu,
                                         uint64_t now_ns)
{
    struct tracer_thread *tracer = tracee->owner, *to = NULL, *better = NULL;
    struct tracee_pinning *pin = &tracee->pinning;
    unsigned every = engine->options.migrate_every;
    if (every && ++tracee->hits_here >= every && may_migrate(tracee)) {
        to = get_tracer(engine, (tracer->index + 1) % TRACERS_TESTED);
        pin->move = pin->bound;
    }
    if (engine->no_binding)
        return to;
    pin->hits++;
    if (tracer->pinning.n_bound && now_ns >= tracer->pinning.review_ns)
        review(tracer, now_ns);
    if (pin->crowded) {
        pin->crowded = false;
        better = spread(tracee, cpu);
    }
    if (!pin->bound && !pin->never && pin->hits >= LOOK_HITS && cpu >= 0) {
        struct tracer_thread *considered = consider(tracee, cpu, now_ns);
        better = considered ? considered : better;
    }
    return better ? better : to;
}
