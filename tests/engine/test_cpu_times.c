/* SPDX-License-Identifier: MIT */
/* The time of calls on a CPU: what is shown is more than what the target measures inside of a call,
   and less than what it measures around it. */
#include <dirent.h>

#include "engine/harness.h"
#include "symbols/extra_fields.h"
#include "util/arena.h"

enum { HITS_MAX = 256 };

static const uint64_t PAUSE_NS = 50 * 1000 * 1000, WORK_NS = 3 * 1000 * 1000;

struct seen {
    pid_t tid;
    const char *name;
    uint64_t cpu_ns, duration_ns;
    bool is_told; /* the target has told of it, too */
};

struct record {
    size_t n;
    struct seen hits[HITS_MAX];
};

static struct arena arena;

/* How many files with the times of threads are open. */
static unsigned count_files(void)
{
    unsigned n = 0;
    DIR *fds = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(fds);
    for (const struct dirent *fd; (fd = readdir(fds));) {
        char path[256] = "";
        ssize_t length = readlinkat(dirfd(fds), fd->d_name, path, sizeof(path) - 1);
        n += length > 0 && strstr(path, "/schedstat");
    }
    closedir(fds);
    return n;
}

static void note_exit(struct harness *h, const struct hit *hit)
{
    struct record *record = h->data;
    if (hit->kind != HIT_EXIT)
        return;
    ck_assert_uint_lt(record->n, HITS_MAX);
    ck_assert_uint_ge(count_files(), 1);
    ck_assert_uint_eq(hit->n_values, 1);
    ck_assert_uint_eq(hit->values[0], hit->cpu_ns);
    ck_assert_uint_ge(hit->thread_cpu_ns, hit->cpu_ns);
    record->hits[record->n++] = (struct seen){
        .tid = hit->tid,
        .name = hit->probe->function,
        .cpu_ns = hit->cpu_ns,
        .duration_ns = hit->duration_ns,
    };
}

/* The thread's next exit of the function that the target has not told of. */
static struct seen *next_seen(struct record *record, pid_t tid, const char *name)
{
    for (size_t i = 0; i < record->n; i++) {
        struct seen *seen = &record->hits[i];
        if (!seen->is_told && seen->tid == tid && strcmp(seen->name, name) == 0)
            return seen;
    }
    return NULL;
}

/* Returns how many calls the target has told of. */
static size_t check_told(struct record *record, const char *output, bool with_child)
{
    size_t n = 0;
    for (const char *line = output; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        int tid;
        char name[32];
        uint64_t inside, outside;
        if (with_child && strncmp(line, "child:", 6) == 0)
            line += 6;
        if (sscanf(line, "cpu %d %31s %lu %lu", &tid, name, &inside, &outside) != 4)
            continue;
        struct seen *seen = next_seen(record, tid, name);
        ck_assert_msg(seen, "no exit of %s in thread %d", name, tid);
        seen->is_told = true;
        n++;
        ck_assert_msg(inside < seen->cpu_ns && seen->cpu_ns < outside,
                      "%s: %lu, and the target says it is between %lu and %lu", name, seen->cpu_ns,
                      inside, outside);
        ck_assert_uint_le(seen->cpu_ns, seen->duration_ns);
        if (strcmp(name, "work") == 0)
            ck_assert_uint_gt(seen->cpu_ns, WORK_NS);
        if (strcmp(name, "rest") == 0)
            ck_assert_uint_ge(seen->duration_ns, PAUSE_NS);
    }
    return n;
}

START_TEST(times_are_those_of_the_target)
{
    const struct engine_options options = {.follow_forks = _i == 1, .measure_every = _i};
    struct record record = {0};
    struct harness *h = harness_new("work rest recurse tail leave suspended", &options);
    h->on_hit = note_exit;
    h->data = &record;
    for (size_t i = 0; i < h->n; i++)
        ck_assert_int_eq(extra_fields_add(&h->counters[i].probe, 1 << EXTRA_CPU, &arena), 0);
    harness_run(h, "cpu_times");
    ck_assert_msg(h->ended && h->status == 0, "wait status 0x%x", h->status);
    ck_assert_uint_eq(count_files(), 0);
    /* 7 in each of 4 threads, 2 with a coroutine, and 1 in the new program; 7 in the child. */
    ck_assert_uint_eq(check_told(&record, h->output, options.follow_forks),
                      31 + 7 * (unsigned)options.follow_forks);
    for (size_t i = 0; i < record.n; i++)
        ck_assert(record.hits[i].is_told);
    ck_assert_uint_eq(h->n_measured_cpu, h->n_measured);
    ck_assert((h->n_measured > 0) == (_i == 1 && !harness_setting("JUMP_AFTER")));
    harness_free(h);
    arena_free(&arena);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, times_are_those_of_the_target, 0, 2);
}

CHECK_MAIN("cpu_times", 20, add_tests)
