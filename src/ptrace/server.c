#include "ptrace/server.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/core.h"

enum {
    LINGER_SPINS = 6000, /* who was asked once is often asked again at once */
    KNOCK_EVERY = 512,   /* looks */
    NAP_NS = 50000,
};

static struct server *server_new(struct engine *engine, unsigned index)
{
    struct server *server = calloc(1, sizeof(*server));
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

int servers_init(struct engine *engine)
{
    struct server *primary = server_new(engine, 0);
    if (!primary)
        return -ENOMEM;
    primary->thread = pthread_self();
    primary->tid = gettid();
    turn_init(&engine->turn);
    engine->servers[0] = primary;
    engine->n_servers = 1;
    engine->acting = primary;
    return turn_try(&engine->turn) ? 0 : -EBUSY;
}

unsigned servers_most(const struct engine *engine)
{
    unsigned cpus = placement_cpus(engine);
    return cpus < 2 ? 2 : cpus > SERVERS_MAX ? SERVERS_MAX : cpus;
}

/* Does what was asked, if anything was. */
static bool answer(struct server *server)
{
    struct engine *engine = server->engine;
    struct server_call *call = atomic_load(&server->asked);
    if (!call)
        return false;
    struct server *caller = engine->acting;
    atomic_store(&server->asked, NULL);
    server->n_calls++;
    server->serving = 0;
    foresight_drop(&server->foresight);
    engine->acting = server;
    call->run(call->data);
    engine->acting = caller;
    atomic_store(&call->done, true); /* the call is the caller's again */
    return true;
}

static void linger(struct server *server)
{
    for (unsigned n = 0; n < LINGER_SPINS; n++)
        if (answer(server))
            n = 0;
}

static bool is_wanted(void *data)
{
    struct server *server = data;
    return atomic_load(&server->asked) || !atomic_load(&server->engine->turn.taken);
}

void server_take_turn(struct server *server)
{
    struct turn *turn = &server->engine->turn;
    atomic_store(&server->woken, false);
    for (unsigned n = 0; !turn_try(turn); n++) {
        if (answer(server)) {
            linger(server);
            n = 0;
        } else if (!turn_spin(n)) {
            turn_sleep(turn, is_wanted, server);
            n = 0;
        }
    }
    server->engine->acting = server;
}

void server_foresee(struct server *server, const siginfo_t *info)
{
    struct stop stop = stop_decode(info);
    server->serving = stop.tid;
    foresee(&server->foresight, &stop, server->has_company);
}

bool server_resume_later(struct server *server, pid_t tid, target_addr pc, int signal)
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

static void resume(struct server *server)
{
    if (server->resume)
        requests_continue(server->resume, server->resume_at, server->resume_signal);
    server->resume = 0;
}

void server_resume_now(struct server *server)
{
    resume(server);
}

void server_end_turn(struct server *server)
{
    server->serving = 0;
    server->has_company = server->engine->n_servers > 1;
    turn_end(&server->engine->turn);
    resume(server);
}

void server_call(struct server *server, void (*run)(void *data), void *data)
{
    struct engine *engine = server->engine;
    struct server *caller = engine->acting;
    struct server_call call = {.run = run, .data = data};
    if (server == caller) {
        run(data);
        return;
    }
    atomic_init(&call.done, false);
    atomic_store(&server->asked, &call);
    turn_wake(&engine->turn);
    for (unsigned n = 0; !atomic_load(&call.done); n++) {
        /* A signal that comes just before waitid(2) is lost: see doorbell.c. */
        if (n % KNOCK_EVERY == 0 && atomic_load(&server->waiting) && atomic_load(&server->asked))
            pthread_kill(server->thread, DOORBELL_SIGNAL);
        if (answer(caller)) /* what is done there may need something of ours */
            n = 0;
        else if (!turn_spin(n)) {
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
    struct server *server = data;
    struct engine *engine = server->engine;
    doorbell_hear(NULL);
    while (!atomic_load(&server->ending)) {
        unsigned calls = server->n_calls;
        siginfo_t info;
        int r = doorbell_wait(server, &info);
        if (r == 0)
            server_foresee(server, &info);
        else if (r == -ECHILD)
            doorbell_rest(server);
        if (atomic_load(&server->ending))
            break;
        server_take_turn(server);
        /* What others did in its name may be about the very stop that was seen. */
        if (server->n_calls == calls && r == 0)
            engine_serve_stop(server, &info);
        if (r == -EINTR)
            placement_look(server);
        engine_serve_fairly(server);
        bool notice = has_work_for_primary(engine);
        server_end_turn(server);
        if (notice)
            doorbell_wake(engine->servers[0]);
    }
    return NULL;
}

/* Its first call: when it is done, the server is there. */
static void begin(void *data)
{
    struct server *server = data;
    server->tid = gettid();
}

struct server *servers_get(struct engine *engine, unsigned index)
{
    sigset_t all, before;
    if (index < engine->n_servers)
        return engine->servers[index];
    if (index > engine->n_servers || index >= SERVERS_MAX)
        return NULL;
    struct server *server = server_new(engine, index);
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
    engine->n_servers++;
    server_call(server, begin, server);
    placement_open(server);
    return server;
}

void servers_free(struct engine *engine)
{
    for (unsigned i = 1; i < engine->n_servers; i++) {
        struct server *server = engine->servers[i];
        atomic_store(&server->ending, true);
        turn_end(&engine->turn); /* it may be waiting for one */
        doorbell_wake(server);
        pthread_join(server->thread, NULL);
        server_take_turn(engine->servers[0]);
        placement_close(server);
        free(server);
    }
    if (engine->servers[0]) {
        placement_close(engine->servers[0]);
        turn_destroy(&engine->turn);
    }
    free(engine->servers[0]);
    engine->servers[0] = NULL;
    engine->n_servers = 0;
}
