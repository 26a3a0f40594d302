/* SPDX-License-Identifier: MIT */
/* Traces that tests of the CTF writer make, and what babeltrace2 reads from them. Each test runs in
   its own process, in a directory of its own: setup() and teardown() are its fixture. */
#ifndef CTF_TRACES_H
#define CTF_TRACES_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tp/ctf/ctf_trace.h"
#include "unit/check_main.h"
#include "util/cpus.h"

enum { TEXT_SIZE = 4096 };

static char directory[64]; /* the test's own */
static char path[128];     /* of the trace in it */
static struct ctf_writer *writer;
static struct ctf_trace *trace;
static struct ctf_channel *channel;
static struct error error;

/* Ends the program where there are fewer CPUs: each has streams of its own. */
static inline void need_cpus(int n)
{
    if (cpus_possible() >= n)
        return;
    printf("SKIP: the tests write streams of %d CPUs\n", n);
    exit(77);
}

static inline void setup(void)
{
    snprintf(directory, sizeof(directory), "%s", "/tmp/ctf-test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/in-process-1", directory);
}

static inline int remove_one(const char *name, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(name);
}

static inline void teardown(void)
{
    ctf_writer_free(writer);
    writer = NULL;
    nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define EXPECT_OK(call)                                                                            \
    do {                                                                                           \
        int rc_ = (call);                                                                          \
        ck_assert_msg(rc_ == 0, "%s: %d %s", #call, rc_, error.text);                              \
    } while (0)

/* A writer with a trace that has one channel with these contexts. */
static inline void begin(const enum ctf_context *contexts, size_t n)
{
    EXPECT_OK(ctf_writer_new(&writer, &error));
    struct ctf_trace_request request = {.directory = path, .trace_name = "t"};
    EXPECT_OK(ctf_trace_new(writer, &request, &trace, &error));
    EXPECT_OK(ctf_trace_add_channel(trace, contexts, n, &channel, &error));
}

static inline void end(void)
{
    ctf_writer_free(writer);
    writer = NULL;
}

static inline uint32_t add_event(const char *name, const struct field *fields, size_t n)
{
    int index = ctf_writer_add_event(writer, name, fields, n);
    ck_assert_int_ge(index, 0);
    return (uint32_t)index;
}

/* What the command prints on stdout and stderr; the caller frees it. It must succeed. */
static inline char *output_of(const char *format, const char *argument)
{
    char command[512];
    snprintf(command, sizeof(command), format, argument);
    FILE *pipe = popen(command, "re");
    ck_assert_ptr_nonnull(pipe);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    char part[TEXT_SIZE];
    for (size_t n; (n = fread(part, 1, sizeof(part), pipe)) > 0;)
        fwrite(part, 1, n, out);
    fclose(out);
    int status = pclose(pipe);
    ck_assert_msg(status == 0, "%s: status %d: %.1000s", command, status, text);
    return text;
}

/* The trace as babeltrace2 shows it, without times and hostname. */
static inline void expect_lines(const char *expected)
{
    char *text = output_of("babeltrace2 --no-delta --clock-cycles '%s' 2>&1 | "
                           "sed -E 's/^\\[[0-9]+\\] [^ ]+ //'",
                           path);
    ck_assert_str_eq(text, expected);
    free(text);
}

static inline size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Without babeltrace2 there is nothing to compare with. */
#define CTF_MAIN(name, seconds, add_tests)                                                         \
    int main(void)                                                                                 \
    {                                                                                              \
        if (system("command -v babeltrace2 >/dev/null") != 0) {                                    \
            puts("SKIP: no babeltrace2");                                                          \
            return 77;                                                                             \
        }                                                                                          \
        return check_main(name, seconds, add_tests);                                               \
    }

#endif
