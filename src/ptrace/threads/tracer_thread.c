#include "ptrace/threads/tracer_thread.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/core/engine_internal.h"

enum {
    LINGER_SPINS = 6000, /* who was asked once is often asked again at once */
    KNOCK_EVERY = 512,   /* looks */
    NAP_NS = 50000,
};

static struct tracer_thread *tracer_thread_new(struct engine *engine, unsigned index)
{
    struct tracer_thread *server = calloc(1, sizeof(*server));
    if (!server)
        return NULL;
    server->engine = engine;
    server->index = index;
    atomic_init(&server->asked, NULL);
    atomic_init(&server->waiting, false);
    atomic_init(&server->woken, false);
    atomic_init(&server->ending, false);
    return server;
}

int tracer_threads_init(struct engine *engine)
{
    struct tracer_thread *primary = tracer_thread_new(engine, 0);
    if (!primary)
        return -ENOMEM;
    primary->thread = pthread_self();
    primary->tid = gettid();
    engine_lock_init(&engine->turn);
    engine->servers[0] = primary;
    engine->n_tracer_threads = 1;
    engine->acting = primary;
    return engine_lock_try(&engine->turn) ? 0 : -EBUSY;
}

unsigned tracer_threads_most(const struct engine *engine)
{
    unsigned cpus = cpu_pinning_cpus(engine);
    return cpus < 2 ? 2 : cpus > TRACER_THREADS_MAX ? TRACER_THREADS_MAX : cpus;
}

/* Does what was asked, if anything was. */
static bool answer(struct tracer_thread *server)
{
    struct engine *engine = server->engine;
    struct thread_call *call = atomic_load(&server->asked);
    if (!call)
        return false;
    struct tracer_thread *caller = engine->acting;
    atomic_store(&server->asked, NULL);
    server->n_calls++;
    server->serving = 0;
    stop_prefetch_drop(&server->prefetch);
    engine->acting = server;
    call->run(call->data);
    engine->acting = caller;
    atomic_store(&call->done, true); /* the call is the caller's again */
    return true;
}

static void linger(struct tracer_thread *server)
{
    for (unsigned n = 0; n < LINGER_SPINS; n++)
        if (answer(server))
            n = 0;
}

static bool is_wanted(void *data)
{
    struct tracer_thread *server = data;
    return atomic_load(&server->asked) || !atomic_load(&server->engine->turn.taken);
}

void tracer_thread_lock(struct tracer_thread *server)
{
    struct engine_lock *turn = &server->engine->turn;
    atomic_store(&server->woken, false);
    for (unsigned n = 0; !engine_lock_try(turn); n++) {
        if (answer(server)) {
            linger(server);
            n = 0;
        } else if (!engine_lock_spin(n)) {
            engine_lock_sleep(turn, is_wanted, server);
            n = 0;
        }
    }
    server->engine->acting = server;
}

void tracer_thread_prefetch(struct tracer_thread *server, const siginfo_t *info)
{
    struct stop stop = stop_decode(info);
    server->serving = stop.tid;
    stop_prefetch_read(&server->prefetch, &stop, server->has_company);
}

bool tracer_thread_resume_later(struct tracer_thread *server, pid_t tid, target_addr pc, int signal)
{
    if (server->serving != tid || server->resume)
        return false;
    server->engine->stats.requests[REQUEST_SET_PC]++;
    server->engine->stats.requests[REQUEST_RESUME]++;
    server->resume_at = pc;
    server->resume = tid;
    server->resume_signal = signal;
    return true;
}

static void resume(struct tracer_thread *server)
{
    if (server->resume)
        requests_continue(server->resume, server->resume_at, server->resume_signal);
    server->resume = 0;
}

void tracer_thread_resume_now(struct tracer_thread *server)
{
    resume(server);
}

void tracer_thread_unlock(struct tracer_thread *server)
{
    server->serving = 0;
    server->has_company = server->engine->n_tracer_threads > 1;
    engine_lock_release(&server->engine->turn);
    resume(server);
}

void tracer_thread_call(struct tracer_thread *server, void (*run)(void *data), void *data)
{
    struct engine *engine = server->engine;
    struct tracer_thread *caller = engine->acting;
    struct thread_call call = {.run = run, .data = data};
    if (server == caller) {
        run(data);
        return;
    }
    atomic_init(&call.done, false);
    atomic_store(&server->asked, &call);
    engine_lock_wake(&engine->turn);
    for (unsigned n = 0; !atomic_load(&call.done); n++) {
        /* A signal that comes just before waitid(2) is lost: see wakeup.c. */
        if (n % KNOCK_EVERY == 0 && atomic_load(&server->waiting) && atomic_load(&server->asked))
            pthread_kill(server->thread, WAKEUP_SIGNAL);
        if (answer(caller)) /* what is done there may need something of ours */
            n = 0;
        else if (!engine_lock_spin(n)) {
            struct timespec pause = {.tv_nsec = NAP_NS};
            nanosleep(&pause, NULL);
            n = KNOCK_EVERY - 1;
        }
    }
}

/* What only the primary does, between its waits. */
static bool has_work_for_primary(const struct engine *engine)
{
    return engine->detach_asked || engine->returns_untidy || engine->space_untidy ||
           engine->program_stopped || atomic_load(&engine->ends_held) ||
           engine->processes.count == engine->n_leaving;
}

static void *serve(void *data)
{
    struct tracer_thread *server = data;
    struct engine *engine = server->engine;
    wakeup_hear(NULL);
    while (!atomic_load(&server->ending)) {
        unsigned calls = server->n_calls;
        siginfo_t info;
        int r = wakeup_wait(server, &info);
        if (r == 0)
            tracer_thread_prefetch(server, &info);
        else if (r == -ECHILD)
            wakeup_rest(server);
        if (atomic_load(&server->ending))
            break;
        tracer_thread_lock(server);
        /* What others did in its name may be about the very stop that was seen. */
        if (server->n_calls == calls && r == 0)
            engine_serve_stop(server, &info);
        if (r == -EINTR)
            cpu_pinning_look(server);
        engine_serve_fairly(server);
        bool notice = has_work_for_primary(engine);
        tracer_thread_unlock(server);
        if (notice)
            wakeup_wake(engine->servers[0]);
    }
    return NULL;
}

/* Its first call: when it is done, the server is there. */
static void begin(void *data)
{
    struct tracer_thread *server = data;
    server->tid = gettid();
}

struct tracer_thread *tracer_threads_get(struct engine *engine, unsigned index)
{
    sigset_t all, before;
    if (index < engine->n_tracer_threads)
        return engine->servers[index];
    if (index > engine->n_tracer_threads || index >= TRACER_THREADS_MAX)
        return NULL;
    struct tracer_thread *server = tracer_thread_new(engine, index);
    if (!server)
        return NULL;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int r = pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        free(server);
        return NULL;
    }
    engine->servers[index] = server;
    engine->n_tracer_threads++;
    tracer_thread_call(server, begin, server);
    cpu_pinning_open(server);
    return server;
}

void tracer_threads_free(struct engine *engine)
{
    for (unsigned i = 1; i < engine->n_tracer_threads; i++) {
        struct tracer_thread *server = engine->servers[i];
        atomic_store(&server->ending, true);
        engine_lock_release(&engine->turn); /* it may be waiting for one */
        wakeup_wake(server);
        pthread_join(server->thread, NULL);
        tracer_thread_lock(engine->servers[0]);
        cpu_pinning_close(server);
        free(server);
    }
    if (engine->servers[0]) {
        cpu_pinning_close(engine->servers[0]);
        engine_lock_destroy(&engine->turn);
    }
    free(engine->servers[0]);
    engine->servers[0] = NULL;
    engine->n_tracer_threads = 0;
}
