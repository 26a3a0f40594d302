/* SPDX-License-Identifier: MIT */
#include "cli/watcher.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/tracer.h"
#include "model/hit_sink.h"
#include "ptrace/engine.h"

enum { LOOK_EVERY_MS = 40, END_SIGNAL = SIGUSR1 };

struct watcher {
    struct tracer *tracer;
    pthread_t thread;
    sigset_t signals; /* the thread waits for these; END_SIGNAL is one */
};

/* signal(7): those whose default action ends the process and that can be caught. Of the real-time
   ones the first two are the C library's own, and SIGUSR2 is the engine's, which makes a SIGTERM of
   one that is meant for the tracer. */
static bool ends_by_default(int signal)
{
    switch (signal) {
    case SIGKILL:
    case SIGUSR2:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        return signal < __SIGRTMIN || signal >= SIGRTMIN;
    }
}

/* A signal that was ignored when the tracer started (nohup, a background job) stays ignored. One
   with a handler belongs to a library. */
static bool is_default(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

static void set_handler(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigaction(signal, &action, NULL);
}

void watcher_block_signals(struct tracer *tracer)
{
    sigset_t all, before;
    sigemptyset(&tracer->run.signals);
    sigemptyset(&tracer->run.stops);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (ends_by_default(signal) && is_default(signal) && !sigismember(&before, signal))
            sigaddset(&tracer->run.signals, signal);
    sigaddset(&tracer->run.signals, SIGTERM);
    all = tracer->run.signals;
    sigaddset(&all, END_SIGNAL);
    /* write(2) is to fail instead. */
    sigaddset(&all, SIGPIPE);
    sigaddset(&all, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

void watcher_ignore_stops(struct tracer *tracer, bool ignored)
{
    static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        if (ignored && is_default(stops[i])) {
            sigaddset(&tracer->run.stops, stops[i]);
            set_handler(stops[i], SIG_IGN);
        } else if (!ignored && sigismember(&tracer->run.stops, stops[i])) {
            set_handler(stops[i], SIG_DFL);
        }
    }
}

/* The kernel sends these to the thread that called write(2). */
static bool is_of_own_write(const siginfo_t *info)
{
    return (info->si_signo == SIGPIPE || info->si_signo == SIGXFSZ) && info->si_pid == getpid();
}

bool watcher_take_signal(struct tracer *tracer)
{
    const struct timespec at_once = {0};
    siginfo_t info;
    while (sigtimedwait(&tracer->run.signals, &info, &at_once) > 0)
        if (!is_of_own_write(&info))
            return true;
    return false;
}

/* A terminal sends these to its foreground process group, with SI_KERNEL. */
static const int typed[] = {SIGINT, SIGQUIT};

/* Whether the launched program received the signal, too. */
static bool is_for_program(const struct tracer *tracer, const siginfo_t *info)
{
    return tracer->run.launched && info->si_code == SI_KERNEL &&
           (info->si_signo == typed[0] || info->si_signo == typed[1]);
}

/* Discards pending signals: setting SIG_IGN does that (sigaction(2)). */
static void drop_typed(const struct tracer *tracer)
{
    for (size_t i = 0; tracer->run.launched && i < sizeof(typed) / sizeof(typed[0]); i++) {
        if (!sigismember(&tracer->run.signals, typed[i]))
            continue;
        set_handler(typed[i], SIG_IGN);
        set_handler(typed[i], SIG_DFL);
    }
}

static void show_progress(const struct tracer *tracer)
{
    struct engine_stats stats;
    struct hit_counts counts;
    engine_get_stats(tracer->engine, &stats);
    tracer->sink.counts(tracer->sink.data, &counts);
    const struct progress_counts shown = {
        .calls = stats.calls, .events = counts.written, .lost = counts.lost + stats.dropped};
    progress_show(tracer->screen.progress, &shown);
}

static void *watch(void *data)
{
    struct watcher *watcher = data;
    struct tracer *tracer = watcher->tracer;
    const struct hit_sink *sink = &tracer->sink;
    uint64_t generation = sink->generation ? sink->generation(sink->data) : 0;
    for (;;) {
        struct timespec wait = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
        siginfo_t info;
        bool looks_around = sink->generation || tracer->screen.progress;
        int signal = looks_around ? sigtimedwait(&watcher->signals, &info, &wait)
                                  : sigwaitinfo(&watcher->signals, &info);
        if (signal == END_SIGNAL && info.si_pid == getpid())
            return NULL;
        if (signal > 0) {
            if (!sigismember(&tracer->run.signals, signal) || is_of_own_write(&info) ||
                is_for_program(tracer, &info))
                continue;
            atomic_store(&tracer->run.stop_asked, true);
            engine_stop(tracer->engine);
            continue;
        }
        if (progress_is_due(tracer->screen.progress))
            show_progress(tracer);
        if (!sink->generation)
            continue;
        uint64_t now = sink->generation(sink->data);
        if (now != generation) {
            generation = now;
            engine_wake(tracer->engine);
        }
    }
}

int watcher_start(struct tracer *tracer, struct watcher **watcher)
{
    struct watcher *w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->tracer = tracer;
    drop_typed(tracer);
    w->signals = tracer->run.signals;
    sigaddset(&w->signals, END_SIGNAL);
    int r = pthread_create(&w->thread, NULL, watch, w);
    if (r != 0) {
        free(w);
        return -r;
    }
    *watcher = w;
    return 0;
}

void watcher_stop(struct watcher *watcher)
{
    if (!watcher)
        return;
    pthread_kill(watcher->thread, END_SIGNAL);
    pthread_join(watcher->thread, NULL);
    drop_typed(watcher->tracer);
    free(watcher);
}
