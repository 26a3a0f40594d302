/* SPDX-License-Identifier: MIT */
#include "cli/reader_signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/exit_status.h"
#include "cli/unfinished_file.h"
#include "util/log.h"

/* For the signal handlers. */
static const char *volatile reading;
static volatile sig_atomic_t is_interrupted;
static struct sigaction interrupt_before; /* if it is caught */
static bool is_caught;

static const int ENDS[] = {SIGABRT, SIGVTALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
enum { N_ENDS = sizeof(ENDS) / sizeof(ENDS[0]), HANDLER_STACK = 1 << 16 };
static struct sigaction ends_before[N_ENDS];
static FILE *stderr_before; /* of the C library */
static char handler_stack[HANDLER_STACK];

/* The process cannot go on. The thread holds no lock of ours: log_error() may be called. What was
   not written yet is not the whole trace either. */
static void on_fatal(int number)
{
    unfinished_file_remove();
    switch (number) {
    case SIGABRT:
        log_error("cannot read %s: it is damaged, and libbabeltrace2 has given up", reading);
        break;
    case SIGVTALRM:
        log_error("cannot read %s: it is damaged, and libbabeltrace2 gets no further", reading);
        break;
    case SIGBUS:
        log_error("cannot read %s: a file was cut while it was read", reading);
        break;
    default:
        log_error("cannot read %s: it is damaged, and reading it has crashed (signal %d)", reading,
                  number);
    }
    _exit(EXIT_TRACER_FAILED);
}

static void on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

/* Leaves it to a sanitizer to tell of a crash. */
static void catch_end(int number, struct sigaction *before)
{
    const struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    sigaction(number, NULL, before);
    if (before->sa_handler == SIG_DFL || number == SIGVTALRM)
        sigaction(number, &action, NULL);
}

void reader_signals_begin(const char *path, bool is_live)
{
    /* Once: the second one is not caught. */
    struct sigaction interrupt = {.sa_handler = on_interrupt,
                                  .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    reading = path;
    /* The lines above do not use it. libbabeltrace2 writes there which assertion has failed. */
    FILE *nowhere = fopen("/dev/null", "we");
    stderr_before = stderr;
    stderr = nowhere ? nowhere : stderr;
    /* A stack that is full has no room for the handler. */
    const stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < N_ENDS; i++)
        catch_end(ENDS[i], &ends_before[i]);
    sigaction(SIGINT, NULL, &interrupt_before);
    is_caught = is_live && interrupt_before.sa_handler != SIG_IGN;
    if (is_caught)
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
    for (size_t i = 0; i < N_ENDS; i++)
        sigaction(ENDS[i], &ends_before[i], NULL);
    if (is_caught)
        sigaction(SIGINT, &interrupt_before, NULL);
    if (stderr != stderr_before)
        fclose(stderr);
    stderr = stderr_before;
    reading = NULL;
}
