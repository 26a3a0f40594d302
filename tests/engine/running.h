/* SPDX-License-Identifier: MIT */
/* The target wait_for_line, which obeys commands while it is attached. */
#ifndef ENGINE_RUNNING_H
#define ENGINE_RUNNING_H

#include "engine/harness.h"

/* wait_for_line with its stdin and stdout. */
struct running {
    pid_t pid;
    FILE *in, *out;
    char path[4096];
};

static inline char *answer(struct running *r, char line[256])
{
    ck_assert_ptr_nonnull(fgets(line, 256, r->out));
    return line;
}

/* Starts a program of tests/targets, which prints "pid PID" first. */
static inline struct running start_program(const char *program, const char *threads,
                                           const char *mode)
{
    struct running r = {0};
    int in[2], out[2];
    char line[256];
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    snprintf(r.path, sizeof(r.path), "%s", target_path(program));
    r.pid = fork();
    if (r.pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execl(r.path, r.path, threads, mode, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    r.in = fdopen(in[1], "w");
    r.out = fdopen(out[0], "r");
    setlinebuf(r.in);
    int pid;
    ck_assert_int_eq(sscanf(answer(&r, line), "pid %d", &pid), 1);
    ck_assert_int_eq(pid, r.pid);
    return r;
}

static inline struct running start_with(const char *threads, const char *mode)
{
    return start_program("wait_for_line", threads, mode);
}

static inline struct running start(const char *threads)
{
    return start_with(threads, NULL);
}

/* Ends it and returns its own count of calls. */
static inline unsigned long finish(struct running *r)
{
    char line[256];
    unsigned long calls = 0;
    int status;
    fclose(r->in);
    while (fgets(line, sizeof(line), r->out))
        sscanf(line, "work %lu", &calls);
    fclose(r->out);
    ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
    ck_assert_int_eq(status, 0);
    return calls;
}

#endif
