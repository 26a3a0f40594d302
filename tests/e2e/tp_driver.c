/* SPDX-License-Identifier: MIT */
/*
 * Drives the LTTng back end and the session without a traced program, with invented functions
 * (tp_probes.h) and hits. Reads commands from stdin, one on a line, and answers each with one line
 * on stdout:
 *
 *   choose [session=NAME] [output=DIR] [home=DIR]    chooses the session
 *   open                     loads the back end
 *   add                      the functions of provider "kinds"
 *   odd                      functions with odd names, valid and invalid
 *   many N                   N functions of provider "many"
 *   late                     a function of provider "late"
 *   mirror DIR [CONTEXT]...  writes the same hits to a CTF trace of our own, too
 *   begin | extend | end     of the session
 *   watch                    what others have done to it
 *   describe                 how to read the trace
 *   discarded                LTTng's count of discarded events
 *   names PROVIDER           whether a session's rule names it
 *   emit FUNCTION KIND COUNT [tid=N] [pid=N] [cpu=N] [name=TEXT] [ip=N]
 *                            hits; the argument `n` counts from 0
 *   wanted FUNCTION          the mask that is enabled now
 *   wait FUNCTION MASK       waits for that mask, polling as the tracer does
 *   storm FUNCTION SECONDS   hits all the time, from the only emitting thread
 *   counts                   records written and lost
 *   look                     the cost of reading the generation
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tp/lttng/backend.h"
#include "tp/session/session.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/vec.h"

#include "tp_mirror.h"
#include "tp_probes.h"

enum { WAIT_MS = 10000, POLL_MS = 50, NAME_LIMIT = 255 };

struct driver {
    const struct backend_ops *backend_ops;
    const struct session_ops *session_ops;
    struct backend *backend;
    struct session *session;
    VEC(const struct probe *) probes;
    VEC(char *) names;  /* full event names of them */
    size_t names_begun; /* how many of the names the session has got */
    VEC(void *) memory;
    struct mirror mirror;
};

static bool add_name(struct driver *driver, const char *provider, const char *event)
{
    char **name = vec_push(&driver->names);
    return name && (*name = text_format("%s:%s", provider, event));
}

static int add(struct driver *driver, const struct probe *probes, size_t n, struct error *err)
{
    cleanup(cleanup_free) const struct probe **list = calloc(n, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct probe **known = vec_push(&driver->probes);
        if (!known || !add_name(driver, probes[i].provider, probes[i].entry_event) ||
            !add_name(driver, probes[i].provider, probes[i].exit_event))
            return -ENOMEM;
        list[i] = *known = &probes[i];
    }
    return driver->backend_ops->add(driver->backend, list, n, err);
}

static void *keep(struct driver *driver, void *memory)
{
    void **kept = vec_push(&driver->memory);
    if (!kept || !memory)
        abort();
    return *kept = memory;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* N functions, and after them one whose events' names have the maximum length, and one that is a
   byte longer. */
static int add_many(struct driver *driver, size_t n, struct error *err)
{
    struct probe *probes = keep(driver, calloc(n + 2, sizeof(*probes)));
    for (size_t i = 0; i < n + 2; i++) {
        size_t limit = NAME_LIMIT - strlen("many:_entry") + (i == n + 1);
        char *name = keep(driver, i < n ? text_format("function_%zu", i) : calloc(1, limit + 1));
        if (i >= n)
            memset(name, 'x', limit);
        probes[i] = (struct probe){.provider = "many", .function = name, .n_args = 1};
        probes[i].args = one_arg;
        probes[i].entry_event = keep(driver, text_format("%s_entry", name));
        probes[i].exit_event = keep(driver, text_format("%s_exit", name));
    }
    double start = now();
    int rc = add(driver, probes, n + 2, err);
    fprintf(stderr, "%zu functions registered in %.3f s\n", n + 2, now() - start);
    return rc;
}

static const struct probe *find(const struct driver *driver, const char *function)
{
    for (size_t i = 0; i < driver->probes.count; i++)
        if (strcmp(driver->probes.items[i]->function, function) == 0)
            return driver->probes.items[i];
    fprintf(stderr, "no function %s\n", function);
    exit(1);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* The n-th hit of a function. */
static void emit(struct driver *driver, const struct probe *probe, enum hit_kind kind, int n,
                 const struct hit *who)
{
    static const char text[] = "\0hello, \"world\"\0(null)\0grün";
    uint64_t others[COUNT_OF(other_args)] = {
        (uint64_t)n,
        n % 2,
        bits_of(n + 0.5),
        bits_of(3.14159 * n),
        bits_of(-1e300),
        0x12345678,
        UINT64_MAX,
        1,
        (uint64_t)(n % 4),
        (uint64_t)(n - 5),
        200,
        16,
    };
    uint64_t one[] = {(uint64_t)n, 0};
    struct hit hit = *who;
    hit.probe = probe;
    hit.kind = kind;
    hit.values = one;
    hit.text = text;
    hit.n_values = (unsigned)(kind == HIT_ENTRY ? probe->n_args : probe->n_rets);
    if (kind == HIT_ENTRY && probe->args == integer_args)
        hit.values = integer_values;
    else if (kind == HIT_ENTRY && probe->args == other_args)
        hit.values = others;
    else if (kind == HIT_EXIT && probe->rets == text_ret)
        one[0] = 23;
    driver->backend_ops->emit(driver->backend, &hit);
    mirror_hit(&driver->mirror, &hit);
}

static void do_emit(struct driver *driver, char *arguments)
{
    char function[512], kind[16], name[64] = "traced";
    int count = 0, used = 0, tid = 4242, pid = 4242, cpu = -1;
    unsigned long ip = 0;
    if (sscanf(arguments, "%511s %15s %d%n", function, kind, &count, &used) != 3)
        exit(2);
    for (char *word = strtok(arguments + used, " "); word; word = strtok(NULL, " "))
        if (sscanf(word, "tid=%d", &tid) != 1 && sscanf(word, "pid=%d", &pid) != 1 &&
            sscanf(word, "cpu=%d", &cpu) != 1 && sscanf(word, "ip=%lx", &ip) != 1 &&
            sscanf(word, "name=%63s", name) != 1)
            exit(2);
    struct hit who = {.pid = pid, .tid = tid, .cpu = cpu, .thread_name = name, .ip = ip};
    const struct probe *probe = find(driver, function);
    double start = now();
    for (int i = 0; i < count; i++)
        emit(driver, probe, strcmp(kind, "entry") == 0 ? HIT_ENTRY : HIT_EXIT, i, &who);
    double took = now() - start;
    printf("emitted\n");
    fprintf(stderr, "%d hits in %.6f s, %.0f ns each\n", count, took, took / count * 1e9);
}

static void do_storm(struct driver *driver, char *arguments)
{
    char function[512];
    double seconds = 0;
    if (sscanf(arguments, "%511s %lf", function, &seconds) != 2)
        exit(2);
    const struct probe *probe = find(driver, function);
    double end = now() + seconds;
    for (int i = 0; now() < end; i++) {
        struct hit who = {.tid = 1 + i % 7, .cpu = i % 3 - 1, .thread_name = i % 2 ? "a" : "b"};
        emit(driver, probe, i % 2 ? HIT_EXIT : HIT_ENTRY, i, &who);
    }
    printf("calm\n");
}

/* As the tracer does: reads the generation every 50 ms, and the mask when it has changed. */
static void do_wait(struct driver *driver, char *arguments)
{
    char function[512];
    unsigned mask = 0;
    if (sscanf(arguments, "%511s %u", function, &mask) != 2)
        exit(2);
    const struct probe *probe = find(driver, function);
    double end = now() + WAIT_MS / 1e3;
    uint64_t generation = driver->backend_ops->generation(driver->backend);
    while (driver->backend_ops->wanted(driver->backend, probe) != mask) {
        uint64_t next;
        while ((next = driver->backend_ops->generation(driver->backend)) == generation) {
            if (now() > end) {
                printf("never\n");
                return;
            }
            usleep(POLL_MS * 1000);
        }
        generation = next;
    }
    printf("seen\n");
}

static void do_look(struct driver *driver)
{
    enum { LOOKS = 100 };
    uint64_t sum = 0;
    double start = now();
    for (int i = 0; i < LOOKS; i++)
        sum += driver->backend_ops->generation(driver->backend);
    fprintf(stderr, "%.0f ns a look\n", (now() - start) / LOOKS * 1e9);
    /* Nothing changes meanwhile. */
    printf("%s\n",
           sum == LOOKS * driver->backend_ops->generation(driver->backend) ? "same" : "not");
}

static void answer(int rc, const struct error *err, const char *good)
{
    if (rc < 0)
        printf("error: %s\n", err->text);
    else
        printf("%s\n", good);
}

static void do_choose(struct driver *driver, char *arguments, struct error *err)
{
    static const char *const owners[] = {"started", "idle", "own"};
    struct session_request request = {.program = "some/driver", .level = LOG_INFO};
    for (char *word = strtok(arguments, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (!value)
            exit(2);
        *value++ = '\0';
        if (strcmp(word, "session") == 0)
            request.name = value;
        else if (strcmp(word, "output") == 0)
            request.output = value;
        else
            request.home = value;
    }
    driver->session_ops = session_load(err);
    if (!driver->session_ops || driver->session_ops->choose(&request, &driver->session, err) < 0) {
        printf("error: %s\n", err->text);
        return;
    }
    printf("%s %s %s\n", owners[driver->session_ops->owner(driver->session)],
           driver->session_ops->name(driver->session), driver->session_ops->path(driver->session));
}

static int do_open(struct driver *driver, struct error *err)
{
    driver->backend_ops = backend_load(err);
    if (!driver->backend_ops)
        return err->code;
    return driver->backend_ops->open(LOG_INFO, false, NULL, &driver->backend, err);
}

static int do_begin(struct driver *driver, struct error *err)
{
    double start = now();
    const struct session_names names = {
        .names = (const char *const *)driver->names.items,
        .n = driver->names.count,
        .n_selected = driver->names.count,
    };
    int rc = driver->session_ops->begin(driver->session, &names, err);
    driver->names_begun = driver->names.count;
    fprintf(stderr, "%zu names, begun in %.3f s\n", driver->names.count, now() - start);
    return rc;
}

static int do_extend(struct driver *driver, struct error *err)
{
    size_t begun = driver->names_begun;
    driver->names_begun = driver->names.count;
    return driver->session_ops->extend(driver->session,
                                       (const char *const *)driver->names.items + begun,
                                       driver->names.count - begun, err);
}

static void do_counts(const struct driver *driver)
{
    struct hit_counts counts;
    driver->backend_ops->counts(driver->backend, &counts);
    printf("written %" PRIu64 " lost %" PRIu64 "\n", counts.written, counts.lost);
}

static void command(struct driver *driver, char *line)
{
    struct error err = {0};
    char *arguments = line + strcspn(line, " ");
    if (*arguments)
        *arguments++ = '\0';
    if (strcmp(line, "choose") == 0)
        do_choose(driver, arguments, &err);
    else if (strcmp(line, "open") == 0)
        answer(do_open(driver, &err), &err, "opened");
    else if (strcmp(line, "add") == 0)
        answer(add(driver, kinds, COUNT_OF(kinds), &err), &err, "added");
    else if (strcmp(line, "odd") == 0)
        answer(add(driver, odd, COUNT_OF(odd), &err), &err, "added");
    else if (strcmp(line, "late") == 0)
        answer(add(driver, late, COUNT_OF(late), &err), &err, "added");
    else if (strcmp(line, "many") == 0)
        answer(add_many(driver, strtoul(arguments, NULL, 10), &err), &err, "added");
    else if (strcmp(line, "mirror") == 0)
        answer(mirror_open(&driver->mirror, arguments, &err), &err, "mirrored");
    else if (strcmp(line, "begin") == 0)
        answer(do_begin(driver, &err), &err, "begun");
    else if (strcmp(line, "extend") == 0)
        answer(do_extend(driver, &err), &err, "extended");
    else if (strcmp(line, "end") == 0)
        answer(driver->session_ops->end(driver->session, &err), &err, "ended");
    else if (strcmp(line, "watch") == 0) {
        driver->session_ops->watch(driver->session);
        puts("watched");
    } else if (strcmp(line, "describe") == 0) {
        char text[1024];
        driver->session_ops->describe(driver->session, text, sizeof(text));
        puts(text);
    } else if (strcmp(line, "discarded") == 0)
        printf("%" PRIu64 "\n", driver->session_ops->discarded(driver->session));
    else if (strcmp(line, "names") == 0) {
        driver->session_ops->update_rules(driver->session);
        printf("%s\n",
               driver->session_ops->names_provider(driver->session, arguments) ? "yes" : "no");
    } else if (strcmp(line, "emit") == 0)
        do_emit(driver, arguments);
    else if (strcmp(line, "storm") == 0)
        do_storm(driver, arguments);
    else if (strcmp(line, "wanted") == 0)
        printf("%u\n", driver->backend_ops->wanted(driver->backend, find(driver, arguments)));
    else if (strcmp(line, "wait") == 0)
        do_wait(driver, arguments);
    else if (strcmp(line, "look") == 0)
        do_look(driver);
    else if (strcmp(line, "counts") == 0)
        do_counts(driver);
    else
        exit(2);
    fflush(stdout);
}

int main(void)
{
    struct driver driver = {0};
    cleanup(cleanup_free) char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        command(&driver, line);
    }
    if (driver.session)
        driver.session_ops->free(driver.session);
    double start = now();
    if (driver.backend)
        driver.backend_ops->close(driver.backend);
    mirror_close(&driver.mirror);
    fprintf(stderr, "closed in %.3f s\n", now() - start);
    for (size_t i = 0; i < driver.names.count; i++)
        free(driver.names.items[i]);
    for (size_t i = 0; i < driver.memory.count; i++)
        free(driver.memory.items[i]);
    vec_free(&driver.names);
    vec_free(&driver.memory);
    vec_free(&driver.probes);
    return 0;
}
