#include "ptrace/threads/cpu_pinning.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/threads/current_cpu.h"
#include "ptrace/threads/tracee_migration.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
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
    /* waitid(2) looks at all tracees of the caller: with more than this the primary keeps no busy
       thread that another server could have. */
    TRACEES_MANY = 64,
    SERVERS_TESTED = 3, /* with engine_options.migrate_every */
};

/* Where the tracer may run when it is not bound. */
static int own_cpus(const struct engine *engine, cpu_set_t *own)
{
    const struct tracer_thread *primary = engine->servers[0];
    if (primary->placement.n_bound) {
        *own = primary->placement.own;
        return 0;
    }
    return sched_getaffinity(primary->tid, sizeof(*own), own) < 0 ? -errno : 0;
}

void cpu_pinning_open(struct tracer_thread *server)
{
    cpu_set_t own;
    if (own_cpus(server->engine, &own) < 0 || sched_setaffinity(server->tid, sizeof(own), &own) < 0)
        log_debug("a server stays on the tracer's CPU");
}

unsigned cpu_pinning_cpus(const struct engine *engine)
{
    cpu_set_t own;
    return own_cpus(engine, &own) < 0 ? 1 : (unsigned)CPU_COUNT(&own);
}

/* How long the thread has been running, from /proc/PID/schedstat (Documentation/scheduler/
   sched-stats.rst, "/proc/<pid>/schedstat"); 0 when the kernel does not tell. */
static uint64_t run_time_ns(const struct tracee *tracee)
{
    char path[64], text[96];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", tracee->process->pid, tracee->tid);
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
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
    struct tracee_pinning *place = &tracee->placement;
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

static void set_timer(struct tracer_thread *server, bool on)
{
    struct thread_pinning *p = &server->placement;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = WAKEUP_SIGNAL};
    event._sigev_un._tid = server->tid;
    if (on && !p->has_timer)
        p->has_timer = timer_create(CLOCK_MONOTONIC, &event, &p->timer) == 0;
    if (!p->has_timer)
        return;
    struct itimerspec spec = {0};
    if (on)
        spec.it_interval.tv_nsec = spec.it_value.tv_nsec = REVIEW_EVERY_NS;
    timer_settime(p->timer, 0, &spec, NULL);
}

/* The server goes to the CPU of the first thread that is bound, and back after the last. */
static int take_place(struct tracer_thread *server, int cpu)
{
    struct thread_pinning *p = &server->placement;
    cpu_set_t there;
    CPU_ZERO(&there);
    CPU_SET(cpu, &there);
    if (sched_getaffinity(server->tid, sizeof(p->own), &p->own) < 0 || !CPU_ISSET(cpu, &p->own) ||
        sched_setaffinity(server->tid, sizeof(there), &there) < 0)
        return -EINVAL;
    p->cpu = cpu;
    set_timer(server, true);
    return 0;
}

static void leave_place(struct tracer_thread *server)
{
    struct thread_pinning *p = &server->placement;
    set_timer(server, false);
    if (sched_setaffinity(server->tid, sizeof(p->own), &p->own) < 0)
        log_debug("cannot set the tracer's own affinity: %s", strerror(errno));
}

static void link_bound(struct tracer_thread *server, struct tracee *tracee)
{
    struct thread_pinning *p = &server->placement;
    struct tracee_pinning *place = &tracee->placement;
    place->bound = server;
    place->prev = NULL;
    place->next = p->bound;
    if (p->bound)
        p->bound->placement.prev = tracee;
    p->bound = tracee;
    p->n_bound++;
}

static void unlink_bound(struct tracee *tracee)
{
    struct tracee_pinning *place = &tracee->placement;
    struct tracer_thread *server = place->bound;
    struct thread_pinning *p = &server->placement;
    if (place->prev)
        place->prev->placement.next = place->next;
    else
        p->bound = place->next;
    if (place->next)
        place->next->placement.prev = place->prev;
    place->bound = NULL;
    place->prev = place->next = NULL;
    if (--p->n_bound == 0)
        leave_place(server);
}

/* Gives `tid` the affinity that it would have without us. Somebody else may have given it another
   one meanwhile: that holds. false: there is no such thread. */
static bool restore(const struct thread_pinning *p, pid_t tid, const cpu_set_t *given)
{
    int in_place = cpu_is_only(tid, p->cpu);
    if (in_place > 0 && sched_setaffinity(tid, sizeof(*given), given) < 0 && errno != ESRCH)
        log_warning("cannot give thread %d its CPUs back: %s", tid, strerror(errno));
    return in_place >= 0;
}

void cpu_pinning_unbind(struct tracee *tracee)
{
    if (!tracee->placement.bound)
        return;
    const struct thread_pinning *p = &tracee->placement.bound->placement;
    /* A thread that is in the middle of an execve(2) may be its process's leader by now. */
    if (!restore(p, tracee->tid, &tracee->placement.given))
        restore(p, tracee->process->pid, &tracee->placement.given);
    unlink_bound(tracee);
}

/* Whether another server keeps its threads on that CPU. */
static bool is_taken(const struct engine *engine, const struct tracer_thread *server, int cpu)
{
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        const struct tracer_thread *other = engine->servers[i];
        if (other != server && other->placement.n_bound && other->placement.cpu == cpu)
            return true;
    }
    return false;
}

/* The CPU for a thread with that affinity with the server, which may be NULL: one that is yet to be
   started. `now` is where the thread is. -1: there is none. */
static int cpu_for(const struct engine *engine, const struct tracer_thread *server,
                   const cpu_set_t *given, int now)
{
    cpu_set_t own;
    if (server && server->placement.n_bound)
        return CPU_ISSET(server->placement.cpu, given) ? server->placement.cpu : -1;
    if (own_cpus(engine, &own) < 0)
        return -1;
    CPU_AND(&own, &own, given);
    if (now >= 0 && now < CPU_SETSIZE && CPU_ISSET(now, &own) && !is_taken(engine, server, now))
        return now;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &own) && !is_taken(engine, server, cpu))
            return cpu;
    return -1;
}

/* Binds the thread, whose own affinity is in place->given, as one of the server's. */
static int bind_to(struct tracer_thread *server, struct tracee *tracee, int cpu)
{
    struct thread_pinning *p = &server->placement;
    cpu_set_t there;
    if (cpu < 0 || (p->n_bound == 0 && take_place(server, cpu) < 0))
        return -EINVAL;
    CPU_ZERO(&there);
    CPU_SET(cpu, &there);
    if (sched_setaffinity(tracee->tid, sizeof(there), &there) < 0) {
        int code = errno;
        log_debug("cannot bind thread %d to CPU %d: %s", tracee->tid, cpu, strerror(code));
        server->engine->no_binding = server->engine->no_binding || code == EPERM;
        if (p->n_bound == 0)
            leave_place(server);
        return -code;
    }
    link_bound(server, tracee);
    if (p->n_bound == 1)
        p->review_ns = clock_now_ns() + REVIEW_EVERY_NS;
    server->engine->stats.bindings++;
    return 0;
}

/* The affinity that the thread has without us. false: it is not to be bound. */
static bool own_affinity(struct tracee *tracee)
{
    struct tracee_pinning *place = &tracee->placement;
    return place->bound ||
           (sched_getscheduler(tracee->tid) == SCHED_OTHER &&
            sched_getaffinity(tracee->tid, sizeof(place->given), &place->given) == 0);
}

void cpu_pinning_move(struct tracee *tracee, struct tracer_thread *to)
{
    struct tracee_pinning *place = &tracee->placement;
    struct engine *engine = to->engine;
    const struct tracer_thread *before = place->bound;
    if (engine->no_binding || place->never || !place->move || !own_affinity(tracee)) {
        cpu_pinning_unbind(tracee);
        return;
    }
    place->move = false;
    if (before)
        unlink_bound(tracee);
    if (bind_to(to, tracee, cpu_for(engine, to, &place->given, -1)) < 0 && before)
        restore(&before->placement, tracee->tid, &place->given);
}

/* The server that has the fewest busy threads and could bind this one, too; it may be its owner. A
   new one if that is better. */
static struct tracer_thread *quietest(struct tracee *tracee, int cpu)
{
    struct tracer_thread *owner = tracee->owner, *best = NULL;
    struct engine *engine = owner->engine;
    const cpu_set_t *given = &tracee->placement.given;
    unsigned least = UINT_MAX;
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        struct tracer_thread *server = engine->servers[i];
        unsigned load = server->placement.n_bound - (server == tracee->placement.bound);
        if ((i == 0 && server->n_tracees > TRACEES_MANY && server != owner) ||
            cpu_for(engine, server, given, cpu) < 0)
            continue;
        if (i == 0 && server->n_tracees > TRACEES_MANY)
            load++; /* the others first */
        if (load < least || (load == least && server == owner)) {
            best = server;
            least = load;
        }
    }
    if (least > 0 && engine->n_tracer_threads < tracer_threads_most(engine) &&
        cpu_for(engine, NULL, given, -1) >= 0) {
        struct tracer_thread *fresh = tracer_threads_get(engine, engine->n_tracer_threads);
        best = fresh ? fresh : best;
    }
    return best;
}

/* Wants the thread handed to another server, if one is better off: whether that is so. */
static bool spread(struct tracee *tracee, int cpu)
{
    if (!tracee_migration_possible(tracee))
        return false;
    struct tracer_thread *best = quietest(tracee, cpu);
    if (!best || best == tracee->owner)
        return false;
    tracee->migrate_to = best;
    tracee->placement.move = true;
    return true;
}

static void bind(struct tracee *tracee, int cpu)
{
    struct tracer_thread *server = tracee->owner;
    if (bind_to(server, tracee, cpu_for(server->engine, server, &tracee->placement.given, cpu)) < 0)
        tracee->placement.never = true;
}

static void review(struct tracer_thread *server, uint64_t now_ns)
{
    struct thread_pinning *p = &server->placement;
    for (struct tracee *tracee = p->bound, *next; tracee; tracee = next) {
        next = tracee->placement.next;
        if (cpu_is_only(tracee->tid, p->cpu) > 0 &&
            runs_for_ns(tracee, now_ns) <= 2 * longest_run_ns(p->n_bound)) {
            /* Another one may have become free for it: to be looked at when it is served. */
            tracee->placement.crowded = p->n_bound > 1;
            continue;
        }
        cpu_pinning_unbind(tracee);
        tracee->placement.not_before_ns = now_ns + REST_NS;
    }
    p->review_ns = now_ns + REVIEW_EVERY_NS;
}

void cpu_pinning_look(struct tracer_thread *server)
{
    if (server->placement.n_bound == 0)
        return;
    uint64_t now_ns = clock_now_ns();
    if (now_ns >= server->placement.review_ns)
        review(server, now_ns);
}

static void consider(struct tracee *tracee, int cpu, uint64_t now_ns)
{
    struct thread_pinning *p = &tracee->owner->placement;
    struct tracee_pinning *place = &tracee->placement;
    if (now_ns - place->looked_ns > (uint64_t)LOOK_HITS * SLOW_HIT_NS) {
        place->hits = 0;
        place->ran_ns = 0;
        place->looked_ns = now_ns;
        return;
    }
    uint64_t runs_ns = runs_for_ns(tracee, now_ns);
    if (runs_ns > RUNS_ALONE_NS || now_ns < place->not_before_ns ||
        now_ns < tracee->process->pin_not_before_ns)
        return;
    if (!own_affinity(tracee))
        place->never = true;
    else if (!spread(tracee, cpu) && runs_ns <= longest_run_ns(p->n_bound + 1))
        bind(tracee, cpu);
}

void cpu_pinning_hit(struct engine *engine, struct tracee *tracee, int cpu, uint64_t now_ns)
{
    struct tracer_thread *server = tracee->owner;
    struct tracee_pinning *place = &tracee->placement;
    unsigned every = engine->options.migrate_every;
    if (every && ++tracee->hits_here >= every && tracee_migration_possible(tracee)) {
        tracee->migrate_to = tracer_threads_get(engine, (server->index + 1) % SERVERS_TESTED);
        place->move = place->bound;
    }
    if (engine->no_binding)
        return;
    place->hits++;
    if (server->placement.n_bound && now_ns >= server->placement.review_ns)
        review(server, now_ns);
    if (place->crowded) {
        place->crowded = false;
        spread(tracee, cpu);
    }
    if (!place->bound && !place->never && place->hits >= LOOK_HITS && cpu >= 0)
        consider(tracee, cpu, now_ns);
}

void cpu_pinning_give_back(struct engine *engine)
{
    uint64_t until_ns = clock_now_ns() + GIVEN_BACK_NS;
    struct process *process;
    for (unsigned i = 0; i < engine->n_tracer_threads; i++)
        while (engine->servers[i]->placement.bound)
            cpu_pinning_unbind(engine->servers[i]->placement.bound);
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        if (process->pin_not_before_ns < until_ns)
            process->pin_not_before_ns = until_ns;
}

void cpu_pinning_end(struct engine *engine, struct process *process)
{
    process->pin_not_before_ns = UINT64_MAX;
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        for (struct tracee *t = engine->servers[i]->placement.bound, *next; t; t = next) {
            next = t->placement.next;
            if (t->process->space == process->space)
                cpu_pinning_unbind(t);
        }
    }
}

void cpu_pinning_birth(const struct tracee *parent, pid_t child)
{
    if (parent->placement.bound)
        restore(&parent->placement.bound->placement, child, &parent->placement.given);
}

void cpu_pinning_stranger(const struct engine *engine, const struct process *process, pid_t thread)
{
    for (unsigned i = 0; i < engine->n_tracer_threads; i++) {
        const struct thread_pinning *p = &engine->servers[i]->placement;
        const struct tracee *t = p->bound;
        while (t && t->process != process)
            t = t->placement.next;
        if (t)
            restore(p, thread, &t->placement.given);
    }
}

void cpu_pinning_exec(const struct engine *engine, pid_t former, pid_t tid)
{
    struct tracee *tracee = tracee_find(engine, former);
    if (!tracee || !tracee->placement.bound)
        return;
    restore(&tracee->placement.bound->placement, tid, &tracee->placement.given);
    unlink_bound(tracee);
}

void cpu_pinning_forget(struct tracee *tracee)
{
    if (tracee->placement.bound)
        unlink_bound(tracee);
}

void cpu_pinning_close(struct tracer_thread *server)
{
    struct thread_pinning *p = &server->placement;
    while (p->bound)
        cpu_pinning_unbind(p->bound);
    if (p->has_timer)
        timer_delete(p->timer);
    p->has_timer = false;
}
