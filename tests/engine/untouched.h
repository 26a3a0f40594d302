/* SPDX-License-Identifier: MIT */
/* Checks of a process after the detach: it has no tracer, its mapped code equals the files, byte by
   byte, and its threads have their former affinities, signal masks and dispositions. */
#ifndef ENGINE_UNTOUCHED_H
#define ENGINE_UNTOUCHED_H

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/check_main.h"
#include "util/cleanup.h"
#include "util/maps.h"

struct untouched_status {
    int tracer;
    char state; /* '?': there is no such thread */
};

static inline struct untouched_status untouched_status(pid_t pid, pid_t tid)
{
    struct untouched_status is = {.state = '?'};
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
    FILE *status = fopen(path, "re");
    while (status && fgets(line, sizeof(line), status)) {
        sscanf(line, "State: %c", &is.state);
        sscanf(line, "TracerPid: %d", &is.tracer);
    }
    if (status)
        fclose(status);
    return is;
}

/* Asserts that no living thread has a tracer. Returns one through which /proc shows the memory (not
   that of a dead leader); 0: there is none. */
static inline pid_t untouched_thread(pid_t pid)
{
    char path[64];
    pid_t found = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        pid_t tid = atoi(entry->d_name);
        struct untouched_status is = untouched_status(pid, tid);
        if (tid <= 0 || is.state == '?' || is.state == 'Z' || is.state == 'X')
            continue;
        ck_assert_msg(is.tracer == 0, "thread %d is still traced", tid);
        found = tid;
    }
    if (dir)
        closedir(dir);
    return found;
}

static inline bool untouched_is_mapped(const struct maps *maps, const struct map *map)
{
    for (size_t i = 0; i < maps->list.count; i++) {
        const struct map *other = &maps->list.items[i];
        if (target_addr_equal(other->start, map->start) &&
            target_addr_equal(other->end, map->end) && other->offset == map->offset &&
            strcmp(other->path, map->path) == 0)
            return true;
    }
    return false;
}

/* Whether the mapping, read through `memory`, differs from its file, and where in the file. Bytes
   after the end of the file are zero. */
static inline bool untouched_differs(int memory, const struct map *map, size_t *at)
{
    size_t size = map->end.value - map->start.value;
    cleanup(cleanup_fd) int fd = open(map->path, O_RDONLY | O_CLOEXEC);
    cleanup(cleanup_free) char *there = calloc(1, size);
    cleanup(cleanup_free) char *file = calloc(1, size);
    if (fd < 0 || pread(memory, there, size, (off_t)map->start.value) != (ssize_t)size ||
        pread(fd, file, size, (off_t)map->offset) <= 0)
        return false;
    size_t i = 0;
    while (i < size && there[i] == file[i])
        i++;
    *at = map->offset + i;
    return i < size;
}

/*
 * Asserts all of it. The process may end, execute another program, or unmap a library meanwhile: a
 * mapping that is gone after the comparison does not count. Returns the number of compared
 * mappings.
 */
static inline int check_untouched(pid_t pid)
{
    pid_t tid = untouched_thread(pid);
    struct maps maps = {0}, after = {0};
    char path[64];
    size_t at = 0;
    int n = 0;
    if (tid == 0)
        return 0;
    /* This memory is read from now on, also after an exec (then it is empty). */
    snprintf(path, sizeof(path), "/proc/%d/mem", tid);
    cleanup(cleanup_fd) int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0 || maps_read(&maps, tid) < 0)
        return 0;
    for (size_t i = 0; i < maps.list.count; i++) {
        const struct map *map = &maps.list.items[i];
        if (!map->execute || map->path[0] != '/')
            continue;
        n++;
        if (!untouched_differs(memory, map, &at))
            continue;
        if (maps_read(&after, tid) == 0)
            ck_assert_msg(!untouched_is_mapped(&after, map),
                          "the text of %s differs from its file at 0x%zx", map->path, at);
        maps_free(&after);
    }
    maps_free(&maps);
    return n;
}

enum { UNTOUCHED_THREADS = 256 };

/* State of a thread that tracing must not change. */
struct untouched_thread {
    pid_t tid;
    cpu_set_t cpus;
    uint64_t blocked, ignored, handled; /* signals, as in proc(5) */
};

struct untouched_state {
    size_t n;
    struct untouched_thread threads[UNTOUCHED_THREADS];
};

/* false: there is no such thread. */
static inline bool untouched_look(pid_t pid, pid_t tid, struct untouched_thread *thread)
{
    char path[64], line[256];
    *thread = (struct untouched_thread){.tid = tid};
    snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
    cleanup(cleanup_file) FILE *status = fopen(path, "re");
    while (status && fgets(line, sizeof(line), status)) {
        sscanf(line, "SigBlk: %lx", &thread->blocked);
        sscanf(line, "SigIgn: %lx", &thread->ignored);
        sscanf(line, "SigCgt: %lx", &thread->handled);
    }
    return status && sched_getaffinity(tid, sizeof(thread->cpus), &thread->cpus) == 0;
}

/* The C library blocks its own signals 32 and 33 briefly, while it creates threads. */
static inline bool untouched_settled(const struct untouched_thread *thread)
{
    const uint64_t internal = UINT64_C(3) << 31;
    return (thread->blocked & internal) != internal;
}

/* Call it before the attach, while the threads do not change their state. */
static inline struct untouched_state untouched_note(pid_t pid)
{
    struct untouched_state state = {0};
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    cleanup(cleanup_dir) DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        pid_t tid = atoi(entry->d_name);
        if (tid > 0 && state.n < UNTOUCHED_THREADS &&
            untouched_look(pid, tid, &state.threads[state.n]) &&
            untouched_settled(&state.threads[state.n]))
            state.n++;
    }
    return state;
}

/* check_untouched(), and the state of threads that still exist is as noted. */
static inline int check_nothing_left(pid_t pid, const struct untouched_state *before)
{
    for (size_t i = 0; i < before->n; i++) {
        const struct untouched_thread *was = &before->threads[i];
        struct untouched_thread is;
        if (!untouched_look(pid, was->tid, &is))
            continue;
        ck_assert_msg(CPU_EQUAL(&is.cpus, &was->cpus), "thread %d is bound", is.tid);
        ck_assert_msg(is.blocked == was->blocked, "thread %d blocks %lx, not %lx", is.tid,
                      is.blocked, was->blocked);
        ck_assert_msg(is.ignored == was->ignored && is.handled == was->handled,
                      "process %d ignores %lx and handles %lx, not %lx and %lx", pid, is.ignored,
                      is.handled, was->ignored, was->handled);
    }
    return check_untouched(pid);
}

#endif
