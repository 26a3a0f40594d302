#include "cli/watcher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/progress.h"

enum { LOOK_EVERY_MS = 40, END_SIGNAL = SIGUSR1 };

struct watcher {
    struct tracer *tracer;
    pthread_t thread;
    sigset_t signals; /* those waited for: END_SIGNAL is one */
};

/* A signal that was ignored when the tracer started (nohup, a shell's background job) stays so. */
static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void set_handler(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigaction(signal, &action, NULL);
}

void watcher_block_signals(struct tracer *tracer)
{
    static const int ending[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
    sigset_t all;
    sigemptyset(&tracer->signals);
    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
        if (ending[i] == SIGTERM || !is_ignored(ending[i]))
            sigaddset(&tracer->signals, ending[i]);
    all = tracer->signals;
    sigaddset(&all, END_SIGNAL);
    set_handler(SIGPIPE, SIG_IGN); /* a reader that went away is an error of the write, no end */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

bool watcher_take_signal(struct tracer *tracer)
{
    const struct timespec at_once = {0};
    return sigtimedwait(&tracer->signals, NULL, &at_once) > 0;
}

/* Of those that end a trace: what the terminal sends the launched program as well is for that. To
   ignore them drops what is pending. */
static void leave_to_program(struct tracer *tracer, sigset_t *rest)
{
    static const int terminals[] = {SIGINT, SIGQUIT};
    *rest = tracer->signals;
    for (size_t i = 0; tracer->launched && i < sizeof(terminals) / sizeof(terminals[0]); i++) {
        if (!sigismember(&tracer->signals, terminals[i]))
            continue;
        sigdelset(rest, terminals[i]);
        set_handler(terminals[i], SIG_IGN);
        set_handler(terminals[i], SIG_DFL);
    }
}

static void show_progress(const struct tracer *tracer)
{
    struct engine_stats stats;
    engine_get_stats(tracer->engine, &stats);
    struct progress_counts counts = {.calls = stats.calls, .events = stats.entries + stats.exits};
    if (tracer->backend) {
        struct backend_counts records;
        tracer->backend_ops->counts(tracer->backend, &records);
        counts.events = records.written;
        counts.lost = records.lost;
    }
    progress_show(tracer->progress, &counts);
}

static void *watch(void *data)
{
    struct watcher *watcher = data;
    struct tracer *tracer = watcher->tracer;
    uint64_t generation = tracer->backend ? tracer->backend_ops->generation(tracer->backend) : 0;
    for (;;) {
        struct timespec wait = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
        siginfo_t info;
        bool looks_around = tracer->backend || tracer->progress;
        int signal = looks_around ? sigtimedwait(&watcher->signals, &info, &wait)
                                  : sigwaitinfo(&watcher->signals, &info);
        if (signal == END_SIGNAL) {
            if (info.si_pid == getpid())
                return NULL;
            continue; /* somebody else's, for nothing */
        }
        if (signal > 0) {
            atomic_store(&tracer->stop_asked, true);
            engine_ring(tracer->engine);
            continue;
        }
        if (progress_is_due(tracer->progress))
            show_progress(tracer);
        if (!tracer->backend)
            continue;
        uint64_t now = tracer->backend_ops->generation(tracer->backend);
        if (now != generation) {
            generation = now;
            engine_ring(tracer->engine);
        }
    }
}

int watcher_start(struct tracer *tracer, struct watcher **watcher)
{
    struct watcher *w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->tracer = tracer;
    leave_to_program(tracer, &w->signals);
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
    leave_to_program(watcher->tracer, &watcher->signals);
    free(watcher);
}
