#include "ptrace/placement.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ptrace/core.h"
#include "util/cleanup.h"
#include "util/log.h"

enum {
    LOOK_HITS = 64,
    SLOW_HIT_NS = 200000, /* hits that are further apart than this cost little wherever they are */
    /* How long a thread may run between two stops and be bound: alone, as long as the stops are a
       fair part of its time; beside others, which could run meanwhile on CPUs of their own, no
       longer than a stop across CPUs costs more than one on the same. */
    RUNS_ALONE_NS = 100000,
    RUNS_BESIDE_NS = 15000,
    REVIEW_EVERY_NS = 50000000,
    REST_NS = 200000000,        /* of a thread that was let go */
    GIVEN_BACK_NS = 1000000000, /* of all, after the program has asked */
};

void placement_init(struct engine *engine, bool off)
{
    engine->placement = (struct placement){.off = off};
}

/* How long the thread has been running, from /proc/PID/schedstat (Documentation/scheduler/
   sched-stats.rst, "/proc/<pid>/schedstat"); 0 when the kernel does not tell. */
static uint64_t run_time_ns(const struct tracee *tracee)
{
    char path[64], text[96];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", tracee->process->pid, tracee->tid);
    cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    return strtoull(text, NULL, 10);
}

static uint64_t longest_run_ns(unsigned n_bound)
{
    return n_bound > 1 ? RUNS_BESIDE_NS : RUNS_ALONE_NS;
}

/* How long the thread ran per hit since the last look, and begins anew. UINT64_MAX: not known. */
static uint64_t runs_for_ns(struct tracee *tracee, uint64_t now_ns)
{
    struct thread_placement *place = &tracee->placement;
    uint64_t ran_ns = run_time_ns(tracee), before_ns = place->ran_ns;
    uint64_t span_ns = now_ns - place->looked_ns;
    unsigned hits = place->hits;
    place->ran_ns = ran_ns;
    place->looked_ns = now_ns;
    place->hits = 0;
    if (hits == 0)
        return UINT64_MAX;
    if (ran_ns == 0)
        return span_ns / hits; /* no longer than all the time there was */
    return before_ns ? (ran_ns - before_ns) / hits : UINT64_MAX;
}

static void set_timer(struct placement *p, bool on)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = DOORBELL_SIGNAL};
    event._sigev_un._tid = gettid();
    if (on && !p->has_timer)
        p->has_timer = timer_create(CLOCK_MONOTONIC, &event, &p->timer) == 0;
    if (!p->has_timer)
        return;
    struct itimerspec spec = {0};
    if (on)
        spec.it_interval.tv_nsec = spec.it_value.tv_nsec = REVIEW_EVERY_NS;
    timer_settime(p->timer, 0, &spec, NULL);
}

/* The engine goes to the CPU of the first thread that is bound, and back after the last. */
static int take_place(struct placement *p, int cpu)
{
    cpu_set_t there;
    CPU_ZERO(&there);
    CPU_SET(cpu, &there);
    if (sched_getaffinity(0, sizeof(p->own), &p->own) < 0 || !CPU_ISSET(cpu, &p->own) ||
        sched_setaffinity(0, sizeof(there), &there) < 0)
        return -EINVAL;
    p->cpu = cpu;
    set_timer(p, true);
    return 0;
}

static void leave_place(struct placement *p)
{
    set_timer(p, false);
    if (sched_setaffinity(0, sizeof(p->own), &p->own) < 0)
        log_debug("cannot set the tracer's own affinity: %s", strerror(errno));
}

static void link_bound(struct placement *p, struct tracee *tracee)
{
    struct thread_placement *place = &tracee->placement;
    place->bound = true;
    place->prev = NULL;
    place->next = p->bound;
    if (p->bound)
        p->bound->placement.prev = tracee;
    p->bound = tracee;
    p->n_bound++;
}

static void unlink_bound(struct placement *p, struct tracee *tracee)
{
    struct thread_placement *place = &tracee->placement;
    if (place->prev)
        place->prev->placement.next = place->next;
    else
        p->bound = place->next;
    if (place->next)
        place->next->placement.prev = place->prev;
    place->bound = false;
    place->prev = place->next = NULL;
    if (--p->n_bound == 0)
        leave_place(p);
}

/* Gives `tid` the affinity that it would have without us. Somebody else may have given it another
   one meanwhile: that holds. false: there is no such thread. */
static bool restore(const struct placement *p, pid_t tid, const cpu_set_t *given)
{
    cpu_set_t now;
    if (sched_getaffinity(tid, sizeof(now), &now) < 0)
        return false;
    if (CPU_COUNT(&now) == 1 && CPU_ISSET(p->cpu, &now) &&
        sched_setaffinity(tid, sizeof(*given), given) < 0 && errno != ESRCH)
        log_warning("cannot give thread %d its CPUs back: %s", tid, strerror(errno));
    return true;
}

void placement_unbind(struct engine *engine, struct tracee *tracee)
{
    struct placement *p = &engine->placement;
    if (!tracee->placement.bound)
        return;
    /* A thread that is in the middle of an execve(2) may be its process's leader by now. */
    if (!restore(p, tracee->tid, &tracee->placement.given))
        restore(p, tracee->process->pid, &tracee->placement.given);
    unlink_bound(p, tracee);
}

static void bind(struct engine *engine, struct tracee *tracee, int cpu)
{
    struct placement *p = &engine->placement;
    struct thread_placement *place = &tracee->placement;
    cpu_set_t there;
    if (p->n_bound)
        cpu = p->cpu;
    if (sched_getscheduler(tracee->tid) != SCHED_OTHER ||
        sched_getaffinity(tracee->tid, sizeof(place->given), &place->given) < 0 ||
        !CPU_ISSET(cpu, &place->given) || (p->n_bound == 0 && take_place(p, cpu) < 0)) {
        place->never = true;
        return;
    }
    CPU_ZERO(&there);
    CPU_SET(cpu, &there);
    if (sched_setaffinity(tracee->tid, sizeof(there), &there) < 0) {
        log_debug("cannot bind thread %d to CPU %d: %s", tracee->tid, cpu, strerror(errno));
        place->never = true;
        p->off = p->off || errno == EPERM;
        if (p->n_bound == 0)
            leave_place(p);
        return;
    }
    link_bound(p, tracee);
    engine->stats.bindings++;
}

static void review(struct engine *engine, uint64_t now_ns)
{
    struct placement *p = &engine->placement;
    for (struct tracee *tracee = p->bound, *next; tracee; tracee = next) {
        next = tracee->placement.next;
        if (runs_for_ns(tracee, now_ns) <= 2 * longest_run_ns(p->n_bound))
            continue;
        placement_unbind(engine, tracee);
        tracee->placement.not_before_ns = now_ns + REST_NS;
    }
    p->review_ns = now_ns + REVIEW_EVERY_NS;
}

void placement_look(struct engine *engine)
{
    if (engine->placement.n_bound == 0)
        return;
    uint64_t now_ns = engine_now_ns();
    if (now_ns >= engine->placement.review_ns)
        review(engine, now_ns);
}

static void consider(struct engine *engine, struct tracee *tracee, int cpu, uint64_t now_ns)
{
    struct placement *p = &engine->placement;
    struct thread_placement *place = &tracee->placement;
    if (now_ns - place->looked_ns > (uint64_t)LOOK_HITS * SLOW_HIT_NS) {
        place->hits = 0;
        place->ran_ns = 0;
        place->looked_ns = now_ns;
        return;
    }
    if (runs_for_ns(tracee, now_ns) > longest_run_ns(p->n_bound + 1) ||
        now_ns < place->not_before_ns || now_ns < tracee->process->place_not_before_ns)
        return;
    bind(engine, tracee, cpu);
    if (p->n_bound == 1)
        p->review_ns = now_ns + REVIEW_EVERY_NS;
}

void placement_hit(struct engine *engine, struct tracee *tracee, int cpu, uint64_t now_ns)
{
    struct placement *p = &engine->placement;
    struct thread_placement *place = &tracee->placement;
    if (p->off)
        return;
    place->hits++;
    if (p->n_bound && now_ns >= p->review_ns)
        review(engine, now_ns);
    if (!place->bound && !place->never && place->hits >= LOOK_HITS && cpu >= 0)
        consider(engine, tracee, cpu, now_ns);
}

void placement_give_back(struct engine *engine)
{
    uint64_t until_ns = engine_now_ns() + GIVEN_BACK_NS;
    struct process *process;
    while (engine->placement.bound)
        placement_unbind(engine, engine->placement.bound);
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        if (process->place_not_before_ns < until_ns)
            process->place_not_before_ns = until_ns;
}

void placement_end(struct engine *engine, struct process *process)
{
    process->place_not_before_ns = UINT64_MAX;
    for (struct tracee *tracee = engine->placement.bound, *next; tracee; tracee = next) {
        next = tracee->placement.next;
        if (tracee->process->space == process->space)
            placement_unbind(engine, tracee);
    }
}

void placement_birth(struct engine *engine, const struct tracee *parent, pid_t child)
{
    if (parent->placement.bound)
        restore(&engine->placement, child, &parent->placement.given);
}

void placement_stranger(struct engine *engine, const struct process *process, pid_t thread)
{
    for (const struct tracee *t = engine->placement.bound; t; t = t->placement.next) {
        if (t->process == process) {
            restore(&engine->placement, thread, &t->placement.given);
            return;
        }
    }
}

void placement_exec(struct engine *engine, pid_t former, pid_t tid)
{
    struct tracee *tracee = tracee_find(engine, former);
    if (!tracee || !tracee->placement.bound)
        return;
    restore(&engine->placement, tid, &tracee->placement.given);
    unlink_bound(&engine->placement, tracee);
}

void placement_forget(struct engine *engine, struct tracee *tracee)
{
    if (tracee->placement.bound)
        unlink_bound(&engine->placement, tracee);
}

void placement_close(struct engine *engine)
{
    struct placement *p = &engine->placement;
    while (p->bound)
        placement_unbind(engine, p->bound);
    if (p->has_timer)
        timer_delete(p->timer);
    p->has_timer = false;
}
