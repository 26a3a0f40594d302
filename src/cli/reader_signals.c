/* SPDX-License-Identifier: MIT */
#include "cli/reader_signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/exit_status.h"
#include "util/log.h"

/* For the signal handlers. */
static const char *volatile reading;
static volatile sig_atomic_t is_interrupted;
static struct sigaction interrupt_before;

/* The signal is raised by this thread, which holds no lock of ours: log_error() may be called. What
   was not written yet is not the whole trace either. */
static void on_abort(int number)
{
    (void)number;
    log_error("cannot read %s: it is damaged, and libbabeltrace2 has given up", reading);
    _exit(EXIT_TRACER_FAILED);
}

static void on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

void reader_signals_begin(const char *path, bool is_live)
{
    struct sigaction abort_action = {.sa_handler = on_abort};
    /* Once: the second one is not caught. */
    struct sigaction interrupt = {.sa_handler = on_interrupt,
                                  .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    reading = path;
    sigaction(SIGABRT, &abort_action, NULL);
    sigaction(SIGINT, NULL, &interrupt_before);
    if (is_live && interrupt_before.sa_handler != SIG_IGN)
        sigaction(SIGINT, &interrupt, NULL);
}

bool reader_signals_interrupted(void)
{
    return is_interrupted;
}

void reader_signals_end(void)
{
    if (!reading)
        return;
    signal(SIGABRT, SIG_DFL);
    sigaction(SIGINT, &interrupt_before, NULL);
    reading = NULL;
}
