/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "cli/progress_line.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/vec.h"

enum { FIRST_AFTER_S = 3, EVERY_S = 1, LINES_EVERY_S = 10 };

/* A process, and how much it had written when it was added: "wchar" of /proc/PID/io (proc(5)). */
struct writer {
    pid_t pid;
    uint64_t written;
};

struct progress {
    dev_t terminal;
    double start, checked, shown; /* seconds */
    uint64_t calls;               /* at the last line */
    atomic_bool disturbed; /* others may have written to the terminal: the position of the cursor is
                              unknown */
    pthread_mutex_t lock;
    VEC(struct writer) writers; /* under `lock` */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Whether lines of --print may come to the terminal. */
static bool prints_there(const struct options *options)
{
    struct stat file;
    if (!options->print || !options->print_file)
        return options->print;
    int r = strcmp(options->print_file, "-") == 0 ? fstat(STDOUT_FILENO, &file)
                                                  : stat(options->print_file, &file);
    return r == 0 && !progress_line_is_apart_from(&file);
}

struct progress *progress_new(const struct options *options)
{
    struct stat status;
    if (options->quiet || prints_there(options) || !progress_line_is_possible() ||
        fstat(STDERR_FILENO, &status) < 0)
        return NULL;
    struct progress *progress = calloc(1, sizeof(*progress));
    if (!progress)
        return NULL;
    progress->terminal = status.st_rdev;
    progress->start = progress->checked = progress->shown = now();
    pthread_mutex_init(&progress->lock, NULL);
    log_set_level(log_get_level() | LOG_OVER_PROGRESS);
    return progress;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_destroy(&progress->lock);
    vec_free(&progress->writers);
    free(progress);
}

/* ---- other writers to the terminal ---- */

static FILE *open_of_target(const char *path)
{
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    return fopen(path, "re");
}

static bool has_written(pid_t pid, uint64_t *written)
{
    char path[64], line[128];
    snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
    cleanup(cleanup_file) FILE *file = open_of_target(path);
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "wchar: %" SCNu64, written) == 1)
            return true;
    return false;
}

/* The children may not be traced. */
static bool has_children(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    cleanup(cleanup_file) FILE *file = open_of_target(path);
    return file && fgetc(file) != EOF;
}

static bool has_terminal(const struct progress *progress, pid_t pid)
{
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        char path[64];
        struct stat status;
        cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
        if (stat(path, &status) == 0 && S_ISCHR(status.st_mode) &&
            status.st_rdev == progress->terminal)
            return true;
    }
    return false;
}

void progress_add(struct progress *progress, pid_t pid)
{
    if (!progress)
        return;
    struct writer writer = {.pid = pid};
    bool known = has_written(pid, &writer.written);
    pthread_mutex_lock(&progress->lock);
    struct writer *place = vec_push(&progress->writers);
    if (place)
        *place = writer;
    if (!place || !known)
        progress->disturbed = true;
    pthread_mutex_unlock(&progress->lock);
}

void progress_remove(struct progress *progress, pid_t pid)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    for (size_t i = 0; i < progress->writers.count; i++)
        if (progress->writers.items[i].pid == pid) {
            progress->disturbed = true;
            progress->writers.items[i] = progress->writers.items[--progress->writers.count];
            break;
        }
    pthread_mutex_unlock(&progress->lock);
}

/* Whether traced processes share the terminal. Notes whether one may have written to it. */
static bool check_writers(struct progress *progress)
{
    bool shared = false;
    pthread_mutex_lock(&progress->lock);
    for (size_t i = 0; i < progress->writers.count; i++) {
        const struct writer *writer = &progress->writers.items[i];
        uint64_t written;
        if (!has_terminal(progress, writer->pid))
            continue;
        shared = true;
        if (!has_written(writer->pid, &written) || written != writer->written ||
            has_children(writer->pid))
            progress->disturbed = true;
    }
    pthread_mutex_unlock(&progress->lock);
    return shared;
}

/* ---- */

bool progress_is_due(const struct progress *progress)
{
    if (!progress)
        return false;
    double time = now();
    return time - progress->start >= FIRST_AFTER_S && time - progress->checked >= EVERY_S;
}

void progress_show(struct progress *progress, const struct progress_counts *counts)
{
    double time = now(), passed = time - progress->shown;
    progress->checked = time;
    if (!progress_line_is_in_foreground())
        return;
    bool shared = check_writers(progress);
    if (shared && (progress->disturbed || passed < LINES_EVERY_S))
        return;
    char text[256];
    snprintf(text, sizeof(text),
             "%.0f s: %.0f calls/s, %" PRIu64 " calls, %" PRIu64 " events, %" PRIu64 " lost",
             time - progress->start, (double)(counts->calls - progress->calls) / passed,
             counts->calls, counts->events, counts->lost);
    progress->shown = time;
    progress->calls = counts->calls;
    if (shared) {
        log_info("%s", text);
        return;
    }
    char line[300];
    snprintf(line, sizeof(line), "ptrace_tracer: %s", text);
    progress_line_draw(line);
}
