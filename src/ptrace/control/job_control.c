/* SPDX-License-Identifier: MIT */
#include "ptrace/control/job_control.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/table.h"

enum {
    LOOK_EVERY_NS = 50000000,
    LOOK_SHARE = 20, /* polling takes at most one part in so many of the time */
    POLL_EVERY_NS = 1000000,
    OTHERS_NS = 100000000, /* for which stops of other tracees are handled before this process stops
                              again */
    QUIET_NS = 10000000,   /* ... or until none of them has stopped for so long */
    CONTINUE_NS = 100000000,
};

/* Why this process must continue. */
enum need { NEED_NONE, NEED_PROGRAM, NEED_OTHERS };

static bool may_be_held(const struct proc_status *status)
{
    return status->state == 't' || status->state == 'T' || status->state == '?';
}

static bool is_continued(const struct proc_status *status)
{
    return (status->pending >> (SIGCONT - 1)) & 1;
}

/* ---- In the child, while this process is stopped. ---- */

/* A stop signal discards a pending SIGCONT; a SIGCONT that comes later stays pending while the
   thread waits for its tracer (kernel/signal.c: prepare_signal, sig_ignored). */
static enum need need_of(const struct tracee *tracee)
{
    struct proc_status status = proc_status_look(tracee->tid);
    const struct process *process = tracee->process;
    if (tracee->listening)
        return !may_be_held(&status) || is_continued(&status) ? NEED_PROGRAM : NEED_NONE;
    /* A leader that has ended is a zombie as long as its threads live. */
    if (status.state == 'Z' && tracee->tid == process->pid && process->n_threads > 1)
        return NEED_NONE;
    return status.state == 't' || status.state == 'Z' || status.state == 'X' ? NEED_OTHERS
                                                                             : NEED_NONE;
}

static enum need need_now(const struct engine *engine)
{
    enum need need = NEED_NONE;
    struct tracee *tracee;
    if (engine->child > 0) {
        struct proc_status status = proc_status_look(engine->child);
        return !may_be_held(&status) || is_continued(&status) ? NEED_PROGRAM : NEED_NONE;
    }
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        enum need its = need_of(tracee);
        /* The program needs this process, too, if another process was continued with it. */
        if (its == NEED_PROGRAM && tracee->process->pid == engine->launched)
            return NEED_PROGRAM;
        if (its != NEED_NONE)
            need = NEED_OTHERS;
    }
    return need;
}

static void sleep_ns(uint64_t ns)
{
    struct timespec pause = {.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
    nanosleep(&pause, NULL);
}

/* The child's main function. It has no terminal and no open files, and ends with this process.
 *need is shared: it says why this process was continued. */
static _Noreturn void watch_tracees(const struct engine *engine, pid_t tracer, atomic_int *need)
{
    uint64_t pause = LOOK_EVERY_NS;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != tracer)
        _exit(0);
    setsid();
    close_range(0, ~0u, 0);
    if (chdir("/") < 0)
        _exit(1);
    for (;;) {
        sleep_ns(pause);
        uint64_t start = clock_now_ns();
        if (proc_status_look(tracer).state != 'T')
            continue;
        atomic_store(need, need_now(engine));
        if (atomic_load(need) != NEED_NONE)
            kill(tracer, SIGCONT);
        uint64_t took = (clock_now_ns() - start) * LOOK_SHARE;
        pause = took > LOOK_EVERY_NS ? took : LOOK_EVERY_NS;
    }
}

/* ---- */

static bool is_thread_stopped(pid_t tid)
{
    struct stop stop;
    if (wait_peek(tid, &stop) != 0)
        return false;
    struct proc_status status = proc_status_look(tid);
    return may_be_held(&status) && !is_continued(&status);
}

/* Whether the program, or the child that will execute it, is stopped and was not continued
   since. */
static bool is_program_stopped(struct engine *engine)
{
    bool any = false;
    struct tracee *tracee;
    if (engine->child > 0)
        return is_thread_stopped(engine->child);
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        if (tracee->process->pid != engine->launched)
            continue;
        if (!tracee->listening) {
            if (wait_is_dead(tracee->tid))
                continue;
            return false;
        }
        if (!is_thread_stopped(tracee->tid))
            return false;
        any = true;
    }
    return any;
}

/*
 * Stops this process unless the program was continued. SIGTSTP, SIGTTIN and SIGTTOU are first made
 * pending for this thread: a SIGCONT to the process group discards them, so none that comes later
 * is missed. SIGSTOP cannot be blocked: there the child notices an earlier SIGCONT.
 */
static void stop_unless_continued(struct engine *engine, int signal)
{
    const struct sigaction stops = {.sa_handler = SIG_DFL}, ignores = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigset_t only, mask;
    if (signal == SIGSTOP) {
        if (is_program_stopped(engine))
            raise(SIGSTOP);
        return;
    }
    sigemptyset(&only);
    sigaddset(&only, signal);
    pthread_sigmask(SIG_BLOCK, &only, &mask);
    sigaction(signal, &stops, &before);
    pthread_kill(pthread_self(), signal);
    if (!is_program_stopped(engine))
        sigaction(signal, &ignores, NULL); /* discards the pending signal */
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    sigaction(signal, &before, NULL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/* Stops this process until it is continued. Returns why it was; NEED_NONE: by somebody else. */
static enum need stop_with_program(struct engine *engine, int signal)
{
    pid_t self =
        (pid_t)syscall(SYS_getpid); /* the C library's getpid() may return another process's ID */
    atomic_int *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = shared == MAP_FAILED ? -1 : fork();
    if (child < 0) {
        log_warning("the program has stopped, and the tracer cannot stop with it: %s",
                    strerror(errno));
        if (shared != MAP_FAILED)
            munmap(shared, sizeof(*shared));
        return NEED_PROGRAM;
    }
    if (child == 0)
        watch_tracees(engine, self, shared);
    stop_unless_continued(engine, signal);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    enum need need = (enum need)atomic_load(shared);
    munmap(shared, sizeof(*shared));
    return need;
}

/* Whoever continued this process has continued the program, too, or wants it continued. */
static void continue_program(struct engine *engine, pid_t pid)
{
    uint64_t start = clock_now_ns();
    while (is_program_stopped(engine)) {
        if (clock_now_ns() - start > CONTINUE_NS) {
            kill(pid, SIGCONT);
            return;
        }
        sleep_ns(POLL_EVERY_NS);
    }
}

/* Handles stops for a limited time, or until no tracee has stopped for some time. */
static void handle_others(struct engine *engine)
{
    uint64_t start = clock_now_ns(), busy = start, now = start;
    struct tracee *tracee;
    struct stop stop;
    while (now - start < OTHERS_NS && now - busy < QUIET_NS && !engine->detach_asked &&
           !atomic_load(&engine->woken)) {
        /* A thread that comes or goes meanwhile may be polled twice or not at all: the next round
           polls it. */
        for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
            if (wait_peek(tracee->tid, &stop) == 1) {
                engine->handle_stop(engine, &stop);
                busy = now;
            }
        sleep_ns(POLL_EVERY_NS);
        now = clock_now_ns();
    }
}

void job_control_stop(struct engine *engine)
{
    engine->program_stopped = false;
    if (!is_program_stopped(engine))
        return; /* it will be noticed again */
    switch (stop_with_program(engine, engine->program_stop)) {
    case NEED_NONE:
        continue_program(engine, engine->launched);
        break;
    case NEED_PROGRAM:
        break;
    case NEED_OTHERS:
        engine->program_stopped = true;
        handle_others(engine);
        break;
    }
}

void job_control_stop_with_child(struct engine *engine, int signal)
{
    if (engine->options.stop_with_program && is_program_stopped(engine) &&
        stop_with_program(engine, signal) == NEED_NONE)
        continue_program(engine, engine->child);
}
